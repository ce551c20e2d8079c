import fc from "fast-check";
import { expect, it } from "vitest";
import { createLineSplitter } from "./line-splitter.ts";

it("lines are the same however their bytes are cut", () => {
  const line = fc.string({ unit: "grapheme" }).map((text) => text.replaceAll("\n", ""));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.nat({ max: 20 })), (lines, cuts) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
      const splitter = createLineSplitter(1000);
      const found: string[] = [];
      let at = 0;
      for (const size of cuts) {
        found.push(...splitter.push(bytes.subarray(at, at + size)));
        at += size;
      }
      found.push(...splitter.push(bytes.subarray(at)));
      expect(found).toEqual(lines.map((text) => Buffer.from(text).toString()));
      expect(splitter.pendingBytes).toBe(0);
    }),
  );
});

it("a line of the limit passes, and one byte more is refused before it ends", () => {
  const splitter = createLineSplitter(4);
  expect(splitter.push(Buffer.from("abcd\nabcd"))).toEqual(["abcd"]);
  expect(() => splitter.push(Buffer.from("e"))).toThrow("a line is longer than 4 bytes");
});

it("bytes of a line that has not ended are counted", () => {
  const splitter = createLineSplitter(10);
  splitter.push(Buffer.from("ab\ncde"));
  expect(splitter.pendingBytes).toBe(3);
});
