import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonText } from "./json-text.ts";

test("any text reads back, in ASCII and on one line", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 50 }), (text) => {
      const json = jsonText(text, 1000);
      expect(JSON.parse(json)).toBe(text);
      expect(json).toMatch(/^[\x20-\x7e]*$/);
    }),
  );
});

test.each(["aaaaaa", 'a"a\\aaa'])("%s that is too long is cut", (text) => {
  expect(JSON.parse(jsonText(text, 3))).toBe(`${text.slice(0, 3)}…`);
});
