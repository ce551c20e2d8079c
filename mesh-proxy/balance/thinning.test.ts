import { expect, test } from "vitest";
import { isThinnedOut } from "./thinning.ts";

const sources = Array.from({ length: 10_000 }, (_, at) => ({ address: `10.0.${at >> 8}.${at & 255}`, port: 40_000 }));
const lost = (part: number, endpoint = "a") => sources.filter((source) => isThinnedOut(part, endpoint, source));

test.each([1, 0.75, 0.1, 0])("of all flows a part of %d stays", (part) => {
  const deviation = Math.sqrt(part * (1 - part) * sources.length);
  expect(Math.abs(sources.length - lost(part).length - part * sources.length)).toBeLessThanOrEqual(4 * deviation);
});

test("what is lost at one part is lost at every smaller one", () => {
  const smaller = new Set(lost(0.3));
  for (const source of lost(0.6)) expect(smaller.has(source)).toBe(true);
});

test("two endpoints lose different flows", () => {
  const both = new Set(lost(0.5, "b"));
  const shared = lost(0.5).filter((source) => both.has(source)).length;
  expect(Math.abs(shared - 2500)).toBeLessThan(250);
});
