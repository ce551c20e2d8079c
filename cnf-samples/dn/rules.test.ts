import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { objectText, readRequest } from "./rules.ts";

test("an object is JSON of exactly the size asked for, and always the same", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20_000 }), (bytes) => {
      const text = objectText(bytes);
      expect(Buffer.byteLength(text)).toBe(bytes);
      expect(() => JSON.parse(text)).not.toThrow();
      expect(objectText(bytes)).toBe(text);
    }),
    { numRuns: 50 },
  );
});

test("a fifth of a larger object is whitespace that JSON does not need", () => {
  const text = objectText(8192);
  expect(JSON.stringify(JSON.parse(text)).length).toBeLessThan(0.8 * text.length);
});

describe("a request", () => {
  const cases = [
    { name: "for an object names its size", method: "GET", path: "/objects/4096", is: { kind: "object", bytes: 4096 } },
    { name: "may have a query", method: "GET", path: "/objects/2?x=/y", is: { kind: "object", bytes: 2 } },
    { name: "for too large an object is refused", method: "GET", path: "/objects/4097", is: { status: 400 } },
    { name: "for half an object is refused", method: "GET", path: "/objects/1.5", is: { status: 400 } },
    { name: "that writes an object is refused", method: "PUT", path: "/objects/10", is: { status: 405, allow: "GET" } },
    { name: "to the sink is taken", method: "POST", path: "/sink", is: { kind: "sink" } },
    { name: "that reads the sink is refused", method: "GET", path: "/sink", is: { status: 405, allow: "POST" } },
    { name: "for anything else finds nothing", method: "GET", path: "/objects/1/2", is: { status: 404 } },
  ];
  test.each(cases)("$name", ({ method, path, is }) => {
    expect(readRequest(method, path, 4096)).toMatchObject(is);
  });
});
