/** Comparisons of bytes with texts that are known beforehand; none makes a string. */
import { Buffer } from "node:buffer";

export function textBytes(text: string): Buffer {
  return Buffer.from(text, "latin1");
}

export function isText(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  return end - start === text.length && startsWith(bytes, start, end, text);
}

export function startsWith(bytes: Uint8Array, start: number, end: number, text: Uint8Array): boolean {
  if (end - start < text.length) return false;
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text[i]) return false;
  return true;
}

/** Letters of ASCII in any case; the text has none in upper case. */
export function isTextInAnyCase(bytes: Uint8Array, start: number, end: number, lowerCaseText: Uint8Array): boolean {
  if (end - start !== lowerCaseText.length) return false;
  for (let i = 0; i < lowerCaseText.length; i++) {
    if (lowerCase(bytes[start + i] as number) !== lowerCaseText[i]) return false;
  }
  return true;
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}
