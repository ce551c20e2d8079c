import fc from "fast-check";
import { expect, test } from "vitest";
import { JsonWriter } from "./json-writer.ts";

const written = (writer: JsonWriter) => writer.bytes.toString("latin1", 0, writer.length);

test("any text reads back, in ASCII and on one line", () => {
  const writer = new JsonWriter();
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 50 }), (text) => {
      writer.clear();
      writer.string(text, 1000);
      expect(JSON.parse(written(writer))).toBe(text);
      expect(written(writer)).toMatch(/^[\x20-\x7e]*$/);
    }),
  );
});

test.each(["aaaaaa", 'a"a\\aaa'])("%s that is too long is cut", (text) => {
  const writer = new JsonWriter();
  writer.string(text, 3);
  expect(JSON.parse(written(writer))).toBe(`${text.slice(0, 3)}…`);
});

test("there is room for everything", () => {
  const writer = new JsonWriter();
  writer.raw("[");
  writer.string("\u0001".repeat(5000), 5000);
  writer.raw(",");
  writer.count(2 ** 40);
  writer.raw("]");
  expect(JSON.parse(written(writer))).toEqual(["\u0001".repeat(5000), 2 ** 40]);
});

test("numbers read back", () => {
  const writer = new JsonWriter();
  fc.assert(
    fc.property(fc.nat({ max: 2 ** 40 }), fc.nat(), (count, thousandths) => {
      writer.clear();
      writer.raw("[");
      writer.count(count);
      writer.raw(",");
      writer.thousandths(thousandths);
      writer.raw("]");
      expect(JSON.parse(written(writer))).toEqual([count, thousandths / 1000]);
    }),
  );
});
