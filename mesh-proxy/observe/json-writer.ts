/** Writes JSON byte by byte into memory that is used again for each line: no text is made only to be copied. */
import { Buffer } from "node:buffer";

const ELLIPSIS = "\\u2026";
const HEX = "0123456789abcdef";
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Larger ones are rare. */
const COUNT_MAX = 2 ** 31;
/** `\u001f`. */
const ESCAPE_BYTES = 6;

export class JsonWriter {
  /** What was written is `bytes[0, length)`. */
  bytes: Buffer = Buffer.allocUnsafe(4096);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  /** ASCII, as it is. */
  raw(text: string): void {
    this.reserve(text.length);
    const { bytes } = this;
    let at = this.length;
    for (let index = 0; index < text.length; index++) bytes[at++] = text.charCodeAt(index);
    this.length = at;
  }

  /**
   * A JSON string of ASCII characters alone, whatever it is made of, so that a line stays a line, bounded: at most `charactersMax` of the text's
   * characters, of which each takes 6 bytes at most; what is cut ends in an ellipsis.
   */
  string(text: string, charactersMax: number): void {
    const isCut = text.length > charactersMax;
    const count = isCut ? charactersMax : text.length;
    this.reserve(count * ESCAPE_BYTES + 2 + ELLIPSIS.length);
    const { bytes } = this;
    let at = this.length;
    bytes[at++] = QUOTE;
    for (let index = 0; index < count; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x20 && code <= 0x7e && code !== QUOTE && code !== BACKSLASH) bytes[at++] = code;
      else at = escaped(bytes, at, code);
    }
    this.length = at;
    if (isCut) this.raw(ELLIPSIS);
    this.bytes[this.length++] = QUOTE;
  }

  /** A whole number from 0. */
  count(value: number): void {
    if (value >= COUNT_MAX) {
      this.raw(String(value));
      return;
    }
    let digitCount = 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digitCount++;
    this.digits(value, digitCount);
  }

  /** `value / 1000`. */
  thousandths(value: number): void {
    this.count(Math.floor(value / 1000));
    this.raw(".");
    this.digits(value % 1000, 3);
  }

  /** The last digits of a whole number from 0, below 2^31. */
  digits(value: number, digitCount: number): void {
    this.reserve(digitCount);
    const { bytes } = this;
    let rest = value;
    for (let at = this.length + digitCount - 1; at >= this.length; at--) {
      bytes[at] = 0x30 + (rest % 10);
      rest = Math.floor(rest / 10);
    }
    this.length += digitCount;
  }

  private reserve(byteCount: number): void {
    if (this.length + byteCount <= this.bytes.length) return;
    const bigger = Buffer.allocUnsafe(2 * (this.length + byteCount));
    this.bytes.copy(bigger, 0, 0, this.length);
    this.bytes = bigger;
  }
}

function escaped(bytes: Buffer, from: number, code: number): number {
  let at = from;
  bytes[at++] = BACKSLASH;
  if (code === QUOTE || code === BACKSLASH) {
    bytes[at++] = code;
    return at;
  }
  bytes[at++] = 0x75;
  for (let shift = 12; shift >= 0; shift -= 4) bytes[at++] = HEX.charCodeAt((code >> shift) & 15);
  return at;
}
