/** Takes the service path header out of, or puts it into, a head that a scanner has just found. */
import { Buffer } from "node:buffer";
import type { ServicePathHeader, ServicePathResult } from "../../../core/model/service-path-header.ts";
import { formatServicePathHeader, parseServicePathHeader } from "../service-path-header.ts";
import type { Http1Scanner } from "./http1-scanner.ts";

/** The head's `weft-nsh`, or undefined when it has none. Call at the scanner's `head` event. */
export function readServicePathOfHead({ bytes, from, head }: Http1Scanner): ServicePathResult | undefined {
  const { nshLineStart, nshValueStart, nshValueEnd } = head.fields;
  if (nshLineStart < 0) return undefined;
  return parseServicePathHeader(bytes.toString("latin1", from + nshValueStart, from + nshValueEnd));
}

/**
 * A copy of the head without `weft-nsh`, and with `servicePath` in its place when given. The bytes are the caller's own.
 * Call at the scanner's `head` event.
 */
export function rewriteHead({ bytes, from, to, head }: Http1Scanner, servicePath?: ServicePathHeader): Buffer {
  const line = servicePath === undefined ? "" : `weft-nsh: ${formatServicePathHeader(servicePath)}\r\n`;
  const { nshLineStart, nshLineEnd } = head.fields;
  const cutFrom = nshLineStart < 0 ? to : from + nshLineStart;
  const cutTo = nshLineStart < 0 ? to : from + nshLineEnd;
  const rewritten = Buffer.allocUnsafe(to - from - (cutTo - cutFrom) + line.length);
  const insertAt = from + head.insertAt;
  let at = bytes.copy(rewritten, 0, from, insertAt);
  at += rewritten.write(line, at, "latin1");
  at += bytes.copy(rewritten, at, insertAt, cutFrom);
  bytes.copy(rewritten, at, cutTo, to);
  return rewritten;
}
