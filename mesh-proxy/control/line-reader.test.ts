import { expect, test } from "vitest";
import { LineReader } from "./line-reader.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

test("lines are the same however the bytes are cut, also inside a character", () => {
  const text = bytes("first\n\nzweite Zeile: ä€😀\nrest");
  for (let cut = 1; cut <= text.length; cut++) {
    const reader = new LineReader(100);
    const lines: string[] = [];
    for (let at = 0; at < text.length; at += cut) lines.push(...reader.push(text.slice(at, at + cut)));
    expect(lines).toEqual(["first", "", "zweite Zeile: ä€😀"]);
  }
});

test("a line may be as long as the limit and not a byte longer, in one piece or many", () => {
  expect(new LineReader(5).push(bytes("12345\n12345\n"))).toEqual(["12345", "12345"]);
  expect(() => new LineReader(5).push(bytes("123456\n"))).toThrow("longer than 5 bytes");
  const reader = new LineReader(5);
  reader.push(bytes("123"));
  expect(() => reader.push(bytes("456"))).toThrow(RangeError);
});

test("what was kept does not change when the chunk's memory is used again", () => {
  const reader = new LineReader(100);
  const chunk = bytes("abc");
  reader.push(chunk.slice());
  chunk.fill(120);
  expect(reader.push(bytes("d\n"))).toEqual(["abcd"]);
});
