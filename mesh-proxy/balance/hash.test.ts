import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { finish, hashBytes, hashText } from "./hash.ts";

/** Widely published results of MurmurHash3_x86_32. */
const known: readonly { readonly text: string; readonly seed: number; readonly hash: number }[] = [
  { text: "", seed: 0, hash: 0 },
  { text: "", seed: 1, hash: 0x514e28b7 },
  { text: "", seed: 0xffffffff, hash: 0x81f16f39 },
  { text: "test", seed: 0, hash: 0xba6bd213 },
  { text: "test", seed: 0x9747b28c, hash: 0x704b81dc },
  { text: "Hello, world!", seed: 0x9747b28c, hash: 0x24884cba },
  { text: "aaa", seed: 0x9747b28c, hash: 0x283e0130 },
  { text: "The quick brown fox jumps over the lazy dog", seed: 0x9747b28c, hash: 0x2fa826cd },
];

describe("the hash of bytes", () => {
  test.each(known)("of $text with seed $seed is as published", ({ text, seed, hash }) => {
    const bytes = Buffer.from(`..${text}..`, "latin1");
    expect(hashBytes(bytes, 2, bytes.length - 2, seed)).toBe(hash);
  });
});

describe("the hash of a text", () => {
  test("is the hash of its UTF-16LE bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 20 }), fc.nat(), (codeUnits, seed) => {
        const text = String.fromCharCode(...codeUnits);
        const bytes = Buffer.from(text, "utf16le");
        expect(hashText(text, seed)).toBe(hashBytes(bytes, 0, bytes.length, seed));
      }),
    );
  });
});

test("finishing is one to one: no two of many numbers meet", () => {
  const results = new Set(Array.from({ length: 20_000 }, (_, index) => finish(index * 65_537)));
  expect(results.size).toBe(20_000);
});
