/** One spelling for every path that a server may take for the same, so that no spelling goes around a rule. */
import { Buffer } from "node:buffer";
import type { ByteRange } from "../match/byte-range.ts";

const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const DOT = 0x2e;
const ROOT = Buffer.from("/");

/**
 * Slashes in a row become one, a backslash one too, and `.` and `..` are followed (RFC 3986, section 5.2.4). Percent-encoding is
 * undone already. Copies only what is not in this form. O(bytes).
 */
export class NormalPath {
  private room: Buffer = Buffer.alloc(0);

  apply(path: ByteRange): void {
    const { bytes, start, end } = path;
    // Of `http://host`; `*` and `host:port` have none, and are held to what the root is.
    if (start === end) {
      path.set(ROOT, 0, 1);
      return;
    }
    if (isNormal(bytes, start, end)) return;
    if (this.room.length < end - start) this.room = Buffer.alloc(2 * (end - start));
    path.set(this.room, 0, normalize(bytes, start, end, this.room));
  }
}

function isNormal(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === BACKSLASH) return false;
    const next = bytes[at + 1];
    if (byte === SLASH && at + 1 < end && (next === SLASH || next === DOT)) return false;
  }
  return true;
}

function normalize(bytes: Buffer, start: number, end: number, target: Buffer): number {
  let to = 0;
  let at = start;
  while (at < end) {
    if (isSlash(bytes[at])) {
      at++;
      if (to === 0 || target[to - 1] !== SLASH) target[to++] = SLASH;
      continue;
    }
    const segmentStart = at;
    while (at < end && !isSlash(bytes[at])) at++;
    const length = at - segmentStart;
    const isDot = bytes[segmentStart] === DOT;
    if (length === 1 && isDot) continue;
    if (length === 2 && isDot && bytes[segmentStart + 1] === DOT) {
      to = parentOf(target, to);
      continue;
    }
    bytes.copy(target, to, segmentStart, at);
    to += length;
  }
  return to;
}

/** `target` ends with a slash. */
function parentOf(target: Buffer, end: number): number {
  let to = Math.max(1, end - 1);
  while (to > 1 && target[to - 1] !== SLASH) to--;
  return to;
}

function isSlash(byte: number | undefined): boolean {
  return byte === SLASH || byte === BACKSLASH;
}
