import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { decodeHuffman } from "./huffman.ts";

/** Rows of RFC 7541 Appendix B, one or two of every length. */
const codes: readonly (readonly [symbol: number, code: string])[] = [
  [48, "00000"],
  [116, "01001"],
  [32, "010100"],
  [117, "101101"],
  [58, "1011100"],
  [122, "1111011"],
  [38, "11111000"],
  [90, "11111101"],
  [33, "1111111000"],
  [63, "1111111100"],
  [39, "11111111010"],
  [124, "11111111100"],
  [35, "111111111010"],
  [0, "1111111111000"],
  [126, "1111111111101"],
  [94, "11111111111100"],
  [123, "111111111111110"],
  [92, "1111111111111110000"],
  [128, "11111111111111100110"],
  [153, "111111111111111011100"],
  [129, "1111111111111111010010"],
  [1, "11111111111111111011000"],
  [9, "111111111111111111101010"],
  [199, "1111111111111111111101100"],
  [192, "11111111111111111111100000"],
  [203, "111111111111111111111011110"],
  [2, "1111111111111111111111100010"],
  [249, "1111111111111111111111111110"],
  [10, "111111111111111111111111111100"],
  [22, "111111111111111111111111111110"],
];

test.each(codes)("symbol %i has the code %s", (symbol, code) => {
  const padded = code.padEnd(Math.ceil(code.length / 8) * 8, "1");
  const bytes = Buffer.from((padded.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2)));
  expect(decodeHuffman(bytes, 0, bytes.length)).toBe(String.fromCharCode(symbol));
});

test("no bytes are the empty text", () => {
  expect(decodeHuffman(Buffer.alloc(0), 0, 0)).toBe("");
});
