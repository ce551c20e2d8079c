/** The server name in a TLS ClientHello (RFC 8446 clause 4.1.2, RFC 6066 clause 3). */

export type ServerNameRead =
  | { readonly kind: "unfinished" }
  /** A ClientHello, or what only looked like one, without a name that can be read. */
  | { readonly kind: "none" }
  | { readonly kind: "name"; readonly name: string };

const recordHeaderLength = 5;
const handshakeHeaderLength = 4;
const clientHello = 1;
const serverNameExtension = 0;
const extensionsMax = 64;
const nameLengthMax = 255;

/** Only a ClientHello in one record is read; the record's length bounds every step. */
export function readServerName(bytes: Buffer): ServerNameRead {
  if (bytes.length < recordHeaderLength) return { kind: "unfinished" };
  const recordEnd = recordHeaderLength + bytes.readUInt16BE(3);
  if (bytes.length < recordEnd) return { kind: "unfinished" };
  const record = bytes.subarray(recordHeaderLength, recordEnd);
  const extensions = record[0] === clientHello ? findExtensions(record.subarray(handshakeHeaderLength)) : undefined;
  const name = extensions && nameIn(extensions);
  return name === undefined ? { kind: "none" } : { kind: "name", name };
}

/** Steps over version, random, session id, cipher suites and compression methods. */
function findExtensions(hello: Buffer): Buffer | undefined {
  const reader = new LengthReader(hello, 34);
  const isRead = reader.skipVector(1) && reader.skipVector(2) && reader.skipVector(1);
  return isRead ? reader.vector(2) : undefined;
}

function nameIn(extensions: Buffer): string | undefined {
  const reader = new LengthReader(extensions, 0);
  for (let count = 0; count < extensionsMax; count++) {
    const type = reader.uint16();
    const data = type === undefined ? undefined : reader.vector(2);
    if (!data) return undefined;
    if (type !== serverNameExtension) continue;
    // A list of names, each a type (0 is a host name) and the name.
    const list = new LengthReader(data, 3).vector(2);
    const isReadable = list && data[2] === 0 && list.length > 0 && list.length <= nameLengthMax;
    return isReadable ? list.toString("latin1").toLowerCase() : undefined;
  }
  return undefined;
}

/** Reads vectors with a length in front; undefined where one runs over the end. */
class LengthReader {
  readonly #bytes: Buffer;
  #offset: number;

  constructor(bytes: Buffer, offset: number) {
    this.#bytes = bytes;
    this.#offset = offset;
  }

  uint16(): number | undefined {
    if (this.#offset + 2 > this.#bytes.length) return undefined;
    const value = this.#bytes.readUInt16BE(this.#offset);
    this.#offset += 2;
    return value;
  }

  vector(lengthBytes: 1 | 2): Buffer | undefined {
    const start = this.#offset + lengthBytes;
    if (start > this.#bytes.length) return undefined;
    const end = start + this.#bytes.readUIntBE(this.#offset, lengthBytes);
    if (end > this.#bytes.length) return undefined;
    this.#offset = end;
    return this.#bytes.subarray(start, end);
  }

  skipVector(lengthBytes: 1 | 2): boolean {
    return this.vector(lengthBytes) !== undefined;
  }
}
