/** Bytes of HTTP/1 by their class (RFC 9110 section 5.6.2, RFC 9112 section 2.2). */

export const CR = 0x0d;
export const LF = 0x0a;
export const SPACE = 0x20;
export const TAB = 0x09;
export const COLON = 0x3a;
export const COMMA = 0x2c;
export const SEMICOLON = 0x3b;

/** 1 where the byte may stand in a token: method and field names. */
export const IS_TOKEN = table("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

/** Value of a hexadecimal digit, or -1. */
export function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Whether `bytes[start, end)` is `lowerCaseWord` in any case; the word has letters, digits and hyphens only. */
export function isWord(bytes: Uint8Array, start: number, end: number, lowerCaseWord: Uint8Array): boolean {
  if (end - start !== lowerCaseWord.length) return false;
  for (let i = 0; i < lowerCaseWord.length; i++) {
    const byte = bytes[start + i] ?? 0;
    if ((byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte) !== lowerCaseWord[i]) return false;
  }
  return true;
}

function table(characters: string): Uint8Array {
  const members = new Uint8Array(256);
  for (let i = 0; i < characters.length; i++) members[characters.charCodeAt(i)] = 1;
  return members;
}
