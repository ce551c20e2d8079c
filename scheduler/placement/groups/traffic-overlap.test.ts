import fc from "fast-check";
import { expect, test } from "vitest";
import { trafficOverlap } from "./traffic-overlap.ts";

test.each([
  { name: "equal parts agree wholly", a: { x: 1, y: 3 }, b: { x: 10, y: 30 }, overlap: 1 },
  { name: "other peers agree in nothing", a: { x: 1 }, b: { y: 1 }, overlap: 0 },
  { name: "half of the traffic in common is a half", a: { x: 1, y: 1 }, b: { x: 1, z: 1 }, overlap: 0.5 },
  { name: "no traffic agrees with nothing", a: {}, b: { x: 1 }, overlap: 0 },
])("$name", ({ a, b, overlap }) => {
  expect(trafficOverlap(new Map(Object.entries(a)), new Map(Object.entries(b)))).toBeCloseTo(overlap);
});

test("both sides see the same overlap, between 0 and 1", () => {
  const traffic = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), fc.integer({ min: 1, max: 1000 }));
  fc.assert(
    fc.property(traffic, traffic, (a, b) => {
      const [one, other] = [new Map(Object.entries(a)), new Map(Object.entries(b))];
      expect(trafficOverlap(one, other)).toBeCloseTo(trafficOverlap(other, one));
      expect(trafficOverlap(one, other)).toBeGreaterThanOrEqual(0);
      expect(trafficOverlap(one, other)).toBeLessThanOrEqual(1 + 1e-9);
    }),
  );
});
