/**
 * The name that a TLS client asks for, from the first bytes that it sends (RFC 8446, sections 4.1.2 and 5.1; RFC 6066, section
 * 3). TLS 1.0 to 1.3 begin alike. Nothing is decrypted, and nothing is judged but what stands in the way of the name.
 */
import { Buffer } from "node:buffer";

export type ClientHelloResult =
  /** Call again with the same bytes and more of them. */
  | { readonly kind: "partial" }
  /** `serverName` in lower case; undefined where the client asks for none. */
  | { readonly kind: "hello"; readonly serverName: string | undefined }
  /** Not the beginning of TLS, or none that can be read. */
  | { readonly kind: "other"; readonly reason: string };

/** Longest beginning that is looked at, record headers included. Real ones have 200 to 2,000 bytes. */
export const CLIENT_HELLO_BYTES_MAX = 16_384;

const RECORD_HEADER_BYTES = 5;
const RECORD_BYTES_MAX = 16_384;
const HANDSHAKE_HEADER_BYTES = 4;
const HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;
const HOST_NAME = 0;
const NAME_BYTES_MAX = 253;

const NO_BYTES: Buffer = Buffer.alloc(0);
const PARTIAL: ClientHelloResult = { kind: "partial" };

/** Looks at `bytes[start, end)`. Never throws. O(end - start). */
export function readClientHello(bytes: Buffer, start: number, end: number): ClientHelloResult {
  const known = Math.min(end, start + CLIENT_HELLO_BYTES_MAX);
  const message = gather(bytes, start, known);
  if (typeof message === "string") return other(message);
  const byteCount = message.length;
  if (byteCount >= 1 && message[0] !== CLIENT_HELLO) return other("first message is no ClientHello");
  if (byteCount < HANDSHAKE_HEADER_BYTES) return partial(known, start);
  const bodyEnd = HANDSHAKE_HEADER_BYTES + message.readUIntBE(1, 3);
  if (bodyEnd > CLIENT_HELLO_BYTES_MAX) return other(`ClientHello has more than ${CLIENT_HELLO_BYTES_MAX} bytes`);
  if (byteCount < bodyEnd) return partial(known, start);
  return readBody(new Cursor(message, HANDSHAKE_HEADER_BYTES, bodyEnd));
}

function partial(known: number, start: number): ClientHelloResult {
  return known - start >= CLIENT_HELLO_BYTES_MAX ? other("ClientHello does not end in time") : PARTIAL;
}

/** A message may be spread over records; in the usual one record it is not copied. What follows it is not looked at. */
function gather(bytes: Buffer, start: number, end: number): Buffer | string {
  let message: Buffer = NO_BYTES;
  for (let at = start; at < end && !isWhole(message); ) {
    if (bytes[at] !== HANDSHAKE) return "first record is no handshake";
    if (at + 1 < end && bytes[at + 1] !== 3) return "record is of no known version";
    if (end - at < RECORD_HEADER_BYTES) break;
    const length = bytes.readUInt16BE(at + 3);
    if (length === 0 || length > RECORD_BYTES_MAX) return `record of ${length} bytes`;
    const piece = bytes.subarray(at + RECORD_HEADER_BYTES, Math.min(end, at + RECORD_HEADER_BYTES + length));
    message = message.length === 0 ? piece : Buffer.concat([message, piece]);
    at += RECORD_HEADER_BYTES + length;
  }
  return message;
}

function isWhole(message: Buffer): boolean {
  if (message.length < HANDSHAKE_HEADER_BYTES) return false;
  return message.length >= HANDSHAKE_HEADER_BYTES + message.readUIntBE(1, 3);
}

function readBody(cursor: Cursor): ClientHelloResult {
  // Version and random; session; cipher suites; compression methods.
  cursor.skip(2 + 32);
  cursor.skip(cursor.number(1));
  cursor.skip(cursor.number(2));
  cursor.skip(cursor.number(1));
  if (cursor.isAtEnd) return { kind: "hello", serverName: undefined };
  const extensions = cursor.part(cursor.number(2));
  while (!extensions.isAtEnd && !extensions.hasFailed) {
    const type = extensions.number(2);
    const extension = extensions.part(extensions.number(2));
    if (type === SERVER_NAME && !extensions.hasFailed) return readServerName(extension);
  }
  if (cursor.hasFailed || extensions.hasFailed) return other("ClientHello ends inside a field");
  return { kind: "hello", serverName: undefined };
}

/** A list of one name, since no other kind was ever defined. */
function readServerName(extension: Cursor): ClientHelloResult {
  const list = extension.part(extension.number(2));
  const type = list.number(1);
  const name = list.text(list.number(2));
  if (list.hasFailed || extension.hasFailed || type !== HOST_NAME) return other("server name is malformed");
  if (name.length === 0 || name.length > NAME_BYTES_MAX || !isPrintable(name)) return other("server name is malformed");
  return { kind: "hello", serverName: name.toLowerCase() };
}

function isPrintable(name: string): boolean {
  for (let at = 0; at < name.length; at++) if (name.charCodeAt(at) <= 0x20 || name.charCodeAt(at) >= 0x7f) return false;
  return true;
}

function other(reason: string): ClientHelloResult {
  return { kind: "other", reason };
}

/** Reads on until something lies behind the end; from then on everything is 0 and empty. */
class Cursor {
  hasFailed = false;

  private readonly bytes: Buffer;
  private at: number;
  private readonly end: number;

  constructor(bytes: Buffer, start: number, end: number) {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
  }

  get isAtEnd(): boolean {
    return this.at >= this.end;
  }

  number(byteCount: number): number {
    return this.has(byteCount) ? this.bytes.readUIntBE(this.taken(byteCount), byteCount) : 0;
  }

  skip(byteCount: number): void {
    if (this.has(byteCount)) this.taken(byteCount);
  }

  part(byteCount: number): Cursor {
    if (!this.has(byteCount)) return new Cursor(this.bytes, this.end, this.end);
    const start = this.taken(byteCount);
    return new Cursor(this.bytes, start, start + byteCount);
  }

  text(byteCount: number): string {
    if (!this.has(byteCount)) return "";
    const start = this.taken(byteCount);
    return this.bytes.toString("latin1", start, start + byteCount);
  }

  private has(byteCount: number): boolean {
    this.hasFailed ||= this.end - this.at < byteCount;
    return !this.hasFailed;
  }

  private taken(byteCount: number): number {
    const start = this.at;
    this.at += byteCount;
    return start;
  }
}
