/** The first bytes of a TLS connection, built by hand field by field (RFC 8446, section 4.1.2). */
import { Buffer } from "node:buffer";

export interface ClientHelloSketch {
  readonly serverName?: string | undefined;
  readonly sessionByteCount?: number;
  /** Extensions in front of the server name, as type and length. */
  readonly before?: readonly (readonly [number, number])[];
  /** Bytes of handshake in each record; all in one unless given. */
  readonly recordBytes?: number;
}

export function clientHello({
  serverName,
  sessionByteCount = 32,
  before = [],
  recordBytes,
}: ClientHelloSketch): Buffer {
  const others = before.map(([type, length]) => Buffer.concat([number(type, 2), sized(Buffer.alloc(length, 7), 2)]));
  const extensions = [...others, ...(serverName === undefined ? [] : [serverNameExtension(serverName)])];
  const body = Buffer.concat([
    number(0x0303, 2),
    Buffer.alloc(32, 9),
    sized(Buffer.alloc(sessionByteCount, 8), 1),
    sized(Buffer.from("130113021303", "hex"), 2),
    sized(Buffer.of(0), 1),
    ...(extensions.length > 0 ? [sized(Buffer.concat(extensions), 2)] : []),
  ]);
  const message = Buffer.concat([Buffer.of(1), sized(body, 3)]);
  const step = recordBytes ?? message.length;
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += step) {
    records.push(Buffer.concat([Buffer.of(22, 3, 1), sized(message.subarray(at, at + step), 2)]));
  }
  return Buffer.concat(records);
}

function serverNameExtension(name: string): Buffer {
  const entry = Buffer.concat([Buffer.of(0), sized(Buffer.from(name, "latin1"), 2)]);
  return Buffer.concat([number(0, 2), sized(sized(entry, 2), 2)]);
}

function sized(bytes: Buffer, lengthByteCount: number): Buffer {
  return Buffer.concat([number(bytes.length, lengthByteCount), bytes]);
}

function number(value: number, byteCount: number): Buffer {
  const bytes = Buffer.alloc(byteCount);
  bytes.writeUIntBE(value, 0, byteCount);
  return bytes;
}
