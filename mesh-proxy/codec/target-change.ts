/** Another path, or part of one, in a request's target; its query stays. */
import { Buffer } from "node:buffer";
import type { PathChange } from "../../core/model/request-rule.ts";

export interface TargetChange {
  /** How many bytes of the path it replaces, percent-encoding undone; -1 is all of it. */
  readonly prefixBytes: number;
  readonly replacement: Buffer;
}

/** Where a target's path lies; `from` is -1 where it has none (`*`, `host:port`). */
export interface TargetPath {
  /** Of absolute targets: where their authority begins; else -1. */
  authorityFrom: number;
  from: number;
  to: number;
}

const SLASH = 0x2f;
const QUESTION = 0x3f;
const PERCENT = 0x25;
const COLON = 0x3a;
const slash = Buffer.from("/");

export function compileTargetChange(change: PathChange): TargetChange {
  const text = encodePath(change.value);
  if (change.type === "Full") return { prefixBytes: -1, replacement: Buffer.from(text, "latin1") };
  return {
    prefixBytes: withoutLastSlash(change.prefix).length,
    replacement: Buffer.from(withoutLastSlash(text), "latin1"),
  };
}

/** Reads `bytes[start, end)` into `path`. */
export function findTargetPath(bytes: Uint8Array, start: number, end: number, path: TargetPath): void {
  path.authorityFrom = -1;
  path.from = start;
  if (bytes[start] !== SLASH) {
    path.authorityFrom = authorityOf(bytes, start, end);
    path.from = path.authorityFrom;
    if (path.from < 0) return;
    while (path.from < end && bytes[path.from] !== SLASH && bytes[path.from] !== QUESTION) path.from++;
  }
  path.to = path.from;
  while (path.to < end && bytes[path.to] !== QUESTION) path.to++;
}

/** How far the path `bytes[from, to)` is replaced; the rest stays. */
export function replacedUpTo({ prefixBytes }: TargetChange, bytes: Uint8Array, from: number, to: number): number {
  if (prefixBytes < 0) return to;
  let at = from;
  for (let left = prefixBytes; left > 0 && at < to; left--) at += isCode(bytes, at, to) ? 3 : 1;
  return at;
}

/** Bytes for `[from, upTo)` of a path that ends at `to`: a path is never empty. */
export function replacementFor({ replacement }: TargetChange, upTo: number, to: number): Buffer {
  return replacement.length === 0 && upTo === to ? slash : replacement;
}

/** As a match compares paths: `%2F` stays three bytes. */
function isCode(bytes: Uint8Array, at: number, to: number): boolean {
  if (bytes[at] !== PERCENT || at + 2 >= to) return false;
  const high = bytes[at + 1] as number;
  const low = (bytes[at + 2] as number) | 0x20;
  return isHex(high) && isHex(bytes[at + 2] as number) && !(high === 0x32 && low === 0x66);
}

function isHex(byte: number): boolean {
  const lower = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}

function authorityOf(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + 2 < end && bytes[at] !== SLASH; at++)
    if (bytes[at] === COLON && bytes[at + 1] === SLASH && bytes[at + 2] === SLASH) return at + 3;
  return -1;
}

/** Of printable ASCII what may not stand in a path as it is (RFC 3986, section 3.3). */
export function encodePath(text: string): string {
  return text.replace(/["<>\\^`{|}[\]]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}

function withoutLastSlash(text: string): string {
  return text.endsWith("/") ? text.slice(0, -1) : text;
}
