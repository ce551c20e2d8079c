/** Tells an HTTP/1.1 client, with the response it gets, that its next request needs another connection. */
import { Buffer } from "node:buffer";
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";

export const closeLine = Buffer.from("connection: close\r\n");

/**
 * Where in the scanned chunk the line belongs; -1 when it cannot be put in, or is there already. Call at a `head` event.
 * A head that came in pieces was passed on in part already.
 */
export function closeLineOffset({ head, from, isStored, isInterim }: Http1Scanner): number {
  return isStored || isInterim || head.fields.saysClose || head.statusCode === 101 ? -1 : from + head.insertAt;
}

/** The chunk with the line in it. */
export function withCloseLine(bytes: Buffer, from: number, to: number, offset: number): readonly Buffer[] {
  return [bytes.subarray(from, offset), closeLine, bytes.subarray(offset, to)];
}
