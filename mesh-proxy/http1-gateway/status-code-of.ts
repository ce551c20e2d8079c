const PREFIX = "HTTP/1.";
const SPACE = 0x20;

/** Of a response that begins at `from`, if its status is all there; else -1. The scanner judges the rest. */
export function statusCodeOf(bytes: Uint8Array, from: number, to: number): number {
  if (to - from < 13) return -1;
  for (let i = 0; i < PREFIX.length; i++) if (bytes[from + i] !== PREFIX.charCodeAt(i)) return -1;
  if (bytes[from + 8] !== SPACE) return -1;
  let code = 0;
  for (let at = from + 9; at < from + 12; at++) {
    const digit = (bytes[at] as number) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    code = 10 * code + digit;
  }
  return code;
}
