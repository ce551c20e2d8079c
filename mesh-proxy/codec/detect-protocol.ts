/** Tells from the first bytes of a connection what it speaks. */
import { Buffer } from "node:buffer";
import { PROXY_SIGNATURE } from "./proxy-protocol.ts";

export type DetectedProtocol = "proxy" | "http2" | "http1" | "tls" | "tcp";

/** What no HTTP/1 request and hardly any other protocol starts with; the frame walker checks the rest of the preface. */
const HTTP2_START = Buffer.from("PRI * HTTP/2.0", "latin1");
/** No more bytes than this are ever needed for an answer. */
export const DETECT_BYTES_MAX = HTTP2_START.length;

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];
/** A TLS record: handshake (22), then the major version 3. */
const TLS_HANDSHAKE = Buffer.from([0x16, 0x03]);

const PATTERNS: readonly (readonly [DetectedProtocol, Buffer])[] = [
  ["proxy", PROXY_SIGNATURE],
  ["http2", HTTP2_START],
  ["tls", TLS_HANDSHAKE],
  ...METHODS.map((method) => ["http1", Buffer.from(`${method} `, "latin1")] as const),
];

/**
 * `partial` while the bytes are a proper prefix of something known: call again with more, or give up and say `tcp` (a
 * server that speaks first never gets an answer here).
 */
export function detectProtocol(bytes: Uint8Array, start: number, end: number): DetectedProtocol | "partial" {
  let isAmbiguous = end <= start;
  for (const [protocol, pattern] of PATTERNS) {
    const shared = sharedPrefix(bytes, start, end, pattern);
    if (shared === pattern.length) return protocol;
    if (shared === end - start) isAmbiguous = true;
  }
  return isAmbiguous ? "partial" : "tcp";
}

function sharedPrefix(bytes: Uint8Array, start: number, end: number, pattern: Uint8Array): number {
  const length = Math.min(end - start, pattern.length);
  let shared = 0;
  while (shared < length && bytes[start + shared] === pattern[shared]) shared++;
  return shared;
}
