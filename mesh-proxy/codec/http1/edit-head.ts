/**
 * Changes a head that a scanner has just found. The changes are ranges of it with other bytes in their place, in the order in which
 * they lie; all that is in no range is copied as it came. The scanner found the head sound, and what comes in its place was judged when
 * it was configured, so the result is sound, too.
 */
import { Buffer } from "node:buffer";
import type { ServicePathHeader } from "../../../core/model/service-path-header.ts";
import { formatServicePathHeader } from "../service-path-header.ts";
import { findTargetPath, replacedUpTo, replacementFor, type TargetPath } from "../target-change.ts";
import { COLON, CR, isWord, LF, SPACE, TAB } from "./character.ts";
import type { HeadChanges } from "./head-changes.ts";
import type { Http1Scanner } from "./http1-scanner.ts";
import type { TraceLines } from "./rewrite-head.ts";

const TRACEPARENT = Buffer.from("traceparent");
const TRACESTATE = Buffer.from("tracestate");
const HOST = Buffer.from("host");
const WEFT_NSH = Buffer.from("weft-nsh");
const LINE_END = Buffer.from("\r\n");
const HOST_START = Buffer.from("host: ");
const nothing = Buffer.alloc(0);

/** Ranges in their order, none inside another. */
class Edits {
  private readonly from: number[] = [];
  private readonly to: number[] = [];
  private readonly texts: Buffer[] = [];

  replace(from: number, to: number, text: Buffer): void {
    this.from.push(from);
    this.to.push(to);
    this.texts.push(text);
  }

  /** A copy of `bytes[start, end)`; the caller's own. */
  apply(bytes: Buffer, start: number, end: number): Buffer {
    let length = end - start;
    for (let i = 0; i < this.texts.length; i++)
      length += (this.texts[i] as Buffer).length - ((this.to[i] as number) - (this.from[i] as number));
    const edited = Buffer.allocUnsafe(length);
    let read = start;
    let written = 0;
    for (let i = 0; i < this.texts.length; i++) {
      written += bytes.copy(edited, written, read, this.from[i]);
      written += (this.texts[i] as Buffer).copy(edited, written);
      read = this.to[i] as number;
    }
    bytes.copy(edited, written, read, end);
    return edited;
  }
}

export interface OwnLines {
  readonly servicePath?: ServicePathHeader | undefined;
  readonly trace?: TraceLines | undefined;
}

/** Of a request: without `weft-nsh`, and with what is given of `servicePath` and `trace` in place of what it has. Call at the scanner's `head` event. */
export function editRequestHead(request: Http1Scanner, changes: HeadChanges, own: OwnLines = {}): Buffer {
  const { bytes, from, to, head } = request;
  const edits = new Edits();
  editTarget(request, changes, edits);
  const hasHost = head.fields.hostStart >= 0;
  const { servicePath, trace } = own;
  const nsh = servicePath === undefined ? "" : `weft-nsh: ${formatServicePathHeader(servicePath)}\r\n`;
  const lines = trace === undefined ? nsh : `${nsh}traceparent: ${trace.traceparent}\r\n`;
  const first = from + head.insertAt;
  if (lines !== "") edits.replace(first, first, Buffer.from(lines, "latin1"));
  editLines(
    request,
    trace === undefined ? changes : { ...changes, removed: [...changes.removed, ...replacedBy(trace)] },
    edits,
  );
  const host = changes.host === undefined || hasHost ? nothing : Buffer.concat([HOST_START, changes.host, LINE_END]);
  addLines(to, host.length > 0 ? Buffer.concat([changes.added, host]) : changes.added, edits);
  return edits.apply(bytes, from, to);
}

/** Of a response. Call at the scanner's `head` event. @param more lines for this response alone */
export function editResponseHead(response: Http1Scanner, changes: HeadChanges, more: Buffer = nothing): Buffer {
  const { bytes, from, to } = response;
  const edits = new Edits();
  editLines(response, changes, edits);
  addLines(to, more.length > 0 ? Buffer.concat([changes.added, more]) : changes.added, edits);
  return edits.apply(bytes, from, to);
}

function replacedBy({ dropsTracestate }: TraceLines): readonly Uint8Array[] {
  return dropsTracestate ? [TRACEPARENT, TRACESTATE] : [TRACEPARENT];
}

function editTarget({ bytes, from, head }: Http1Scanner, { target, host }: HeadChanges, edits: Edits): void {
  if (target === undefined && host === undefined) return;
  const path: TargetPath = { authorityFrom: -1, from: -1, to: -1 };
  findTargetPath(bytes, from + head.targetStart, from + head.targetEnd, path);
  // The target's host goes before `Host` (RFC 9112, section 3.2.2).
  if (host !== undefined && path.authorityFrom >= 0) edits.replace(path.authorityFrom, path.from, host);
  if (target === undefined || path.from < 0) return;
  const upTo = replacedUpTo(target, bytes, path.from, path.to);
  edits.replace(path.from, upTo, replacementFor(target, upTo, path.to));
}

function editLines({ bytes, from, to, head }: Http1Scanner, { removed, host }: HeadChanges, edits: Edits): void {
  for (let start = from + head.insertAt; bytes[start] !== CR; ) {
    let nameEnd = start;
    while (bytes[nameEnd] !== COLON) nameEnd++;
    let lineEnd = nameEnd;
    while (lineEnd < to && bytes[lineEnd] !== LF) lineEnd++;
    lineEnd++;
    if (isWord(bytes, start, nameEnd, WEFT_NSH) || isAny(bytes, start, nameEnd, removed))
      edits.replace(start, lineEnd, nothing);
    else if (host !== undefined && isWord(bytes, start, nameEnd, HOST))
      edits.replace(valueStart(bytes, nameEnd + 1), lineEnd - 2, host);
    start = lineEnd;
  }
}

function valueStart(bytes: Uint8Array, from: number): number {
  let at = from;
  while (bytes[at] === SPACE || bytes[at] === TAB) at++;
  return at;
}

function isAny(bytes: Uint8Array, start: number, end: number, names: readonly Uint8Array[]): boolean {
  for (const name of names) if (isWord(bytes, start, end, name)) return true;
  return false;
}

/** Before the empty line that ends the head. */
function addLines(to: number, lines: Buffer, edits: Edits): void {
  if (lines.length > 0) edits.replace(to - 2, to - 2, lines);
}
