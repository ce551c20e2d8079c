/**
 * The Huffman code of RFC 7541 Appendix B. It is canonical (codes of one length follow each other in the order of their
 * symbols), so the lengths are all there is to write down.
 */

// biome-ignore format: sixteen symbols a line
const CODE_BITS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const END_OF_STRING = 256;
const BITS_MAX = 30;

/** Per code length: the first code, the number of codes, and where their symbols start in SYMBOLS. */
const FIRST_CODE = new Uint32Array(BITS_MAX + 1);
const CODE_COUNT = new Uint32Array(BITS_MAX + 1);
const FIRST_SYMBOL = new Uint32Array(BITS_MAX + 1);
const SYMBOLS = new Uint16Array(CODE_BITS.length);
fillTables();

/** @returns the text, one character per byte, or undefined when the bytes are no valid encoding. */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string | undefined {
  let text = "";
  let code = 0;
  let bits = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    for (let shift = 7; shift >= 0; shift--) {
      code = (code << 1) | ((byte >> shift) & 1);
      if (++bits > BITS_MAX) return undefined;
      const rank = code - (FIRST_CODE[bits] as number);
      if (rank >= (CODE_COUNT[bits] as number) || rank < 0) continue;
      const symbol = SYMBOLS[(FIRST_SYMBOL[bits] as number) + rank] as number;
      if (symbol === END_OF_STRING) return undefined;
      text += String.fromCharCode(symbol);
      code = 0;
      bits = 0;
    }
  }
  return isPadding(code, bits) ? text : undefined;
}

/** Fewer than eight bits, all ones: the beginning of the end-of-string code (RFC 7541 section 5.2). */
function isPadding(code: number, bits: number): boolean {
  return bits < 8 && code === (1 << bits) - 1;
}

function fillTables(): void {
  let code = 0;
  let symbolCount = 0;
  for (let bits = 1; bits <= BITS_MAX; bits++) {
    code *= 2;
    FIRST_CODE[bits] = code;
    FIRST_SYMBOL[bits] = symbolCount;
    for (const [symbol, length] of CODE_BITS.entries()) if (length === bits) SYMBOLS[symbolCount++] = symbol;
    CODE_COUNT[bits] = symbolCount - (FIRST_SYMBOL[bits] as number);
    code += CODE_COUNT[bits] as number;
  }
}
