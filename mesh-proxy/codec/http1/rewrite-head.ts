/** Takes the service path header and the trace context out of, or puts them into, a head that a scanner has just found. */
import { Buffer } from "node:buffer";
import type { ServicePathHeader, ServicePathResult } from "../../../core/model/service-path-header.ts";
import { formatServicePathHeader, parseServicePathHeader } from "../service-path-header.ts";
import { COLON, CR, isWord } from "./character.ts";
import type { Http1Scanner } from "./http1-scanner.ts";

/** The head's `weft-nsh`, or undefined when it has none. Call at the scanner's `head` event. */
export function readServicePathOfHead({ bytes, from, head }: Http1Scanner): ServicePathResult | undefined {
  const { nshLineStart, nshValueStart, nshValueEnd } = head.fields;
  if (nshLineStart < 0) return undefined;
  return parseServicePathHeader(bytes.toString("latin1", from + nshValueStart, from + nshValueEnd));
}

/** What a request that is traced says further on. */
export interface TraceLines {
  readonly traceparent: string;
  /** The trace begins here: what the client said of another is no longer true. */
  readonly dropsTracestate: boolean;
}

/**
 * A copy of the head without `weft-nsh`, and with `servicePath` in its place when given; likewise `trace`. The bytes are the caller's own.
 * Call at the scanner's `head` event.
 */
export function rewriteHead(scanner: Http1Scanner, servicePath?: ServicePathHeader, trace?: TraceLines): Buffer {
  return trace === undefined ? withServicePath(scanner, servicePath) : withTrace(scanner, trace, servicePath);
}

function withServicePath({ bytes, from, to, head }: Http1Scanner, servicePath: ServicePathHeader | undefined): Buffer {
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

const TRACEPARENT = Buffer.from("traceparent");
const TRACESTATE = Buffer.from("tracestate");
const WEFT_NSH = Buffer.from("weft-nsh");

/** Few requests are traced, so that all lines are looked at. */
function withTrace(
  { bytes, from, to, head }: Http1Scanner,
  { traceparent, dropsTracestate }: TraceLines,
  servicePath: ServicePathHeader | undefined,
): Buffer {
  const nsh = servicePath === undefined ? "" : `weft-nsh: ${formatServicePathHeader(servicePath)}\r\n`;
  const start = from + head.insertAt;
  const pieces = [bytes.subarray(from, start), Buffer.from(`${nsh}traceparent: ${traceparent}\r\n`)];
  let at = start;
  while (bytes[at] !== CR) {
    const end = bytes.indexOf(CR, at) + 2;
    const colon = bytes.indexOf(COLON, at);
    const isGone =
      isWord(bytes, at, colon, TRACEPARENT) ||
      isWord(bytes, at, colon, WEFT_NSH) ||
      (dropsTracestate && isWord(bytes, at, colon, TRACESTATE));
    if (!isGone) pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return Buffer.concat([...pieces, bytes.subarray(at, to)]);
}

/** The values of the head's `tracestate` lines. Call as above. */
export function tracestatesOf({ bytes, from, head }: Http1Scanner): readonly string[] {
  const values: string[] = [];
  for (let at = from + head.insertAt; bytes[at] !== CR; ) {
    const end = bytes.indexOf(CR, at);
    const colon = bytes.indexOf(COLON, at);
    if (isWord(bytes, at, colon, TRACESTATE)) values.push(bytes.toString("latin1", colon + 1, end));
    at = end + 2;
  }
  return values;
}
