/** Undoes the percent-encoding of a path, so that no spelling of it goes around a classifier. */
import type { Buffer } from "node:buffer";

const PERCENT = 0x25;
const SLASH = 0x2f;

export function hasPercent(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === PERCENT) return true;
  return false;
}

/**
 * Writes the path to `target`, which has room for it, and says up to where. `%2F` stays as it is: it is no separator (RFC
 * 3986, section 2.2). So does a `%` that begins no code.
 */
export function decodePath(bytes: Uint8Array, start: number, end: number, target: Buffer): number {
  let to = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    const code = byte === PERCENT && at + 2 < end ? codeOf(bytes[at + 1] as number, bytes[at + 2] as number) : -1;
    if (code < 0 || code === SLASH) {
      target[to++] = byte;
      continue;
    }
    target[to++] = code;
    at += 2;
  }
  return to;
}

function codeOf(high: number, low: number): number {
  const [first, second] = [digitOf(high), digitOf(low)];
  return first < 0 || second < 0 ? -1 : 16 * first + second;
}

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
