import { expect, test } from "vitest";
import { sitePlanOf } from "./site-plan.ts";

const delays = [
  { a: "a", b: "b", oneWayMs: 2 },
  { a: "a", b: "c", oneWayMs: 3 },
  { a: "b", b: "c", oneWayMs: 9 },
];

function partsOf(site: string, loads: Readonly<Record<string, readonly [load: number, capacity: number]>>) {
  const sites = Object.entries(loads).map(([name, [load, capacity]]) => ({ name, load, capacity }));
  return Object.fromEntries(sitePlanOf({ sites, delays, oneWayMsMax: 5 }).partsFrom(site) ?? []);
}

test("a site with room keeps all of its own", () => {
  expect(partsOf("a", { a: [5, 10], b: [20, 10] })).toEqual({ a: 1 });
});

test("an overloaded site keeps what it has capacity for, and sends the rest in the plan's parts", () => {
  expect(partsOf("a", { a: [20, 10], b: [4, 10], c: [0, 10] })).toEqual({ a: 0.5, b: 0.3, c: 0.2 });
});

test("what fits nowhere near stays at its site", () => {
  expect(partsOf("a", { a: [20, 5], b: [4, 9], c: [10, 10] })).toEqual({ a: 0.75, b: 0.25 });
  expect(partsOf("b", { a: [20, 10], b: [20, 10], c: [0, 100] })).toEqual({ b: 1 });
});

test("a site where nothing is measured keeps what comes", () => {
  expect(partsOf("c", { a: [20, 10], c: [0, 10] })).toEqual({ c: 1 });
});

test("a site without capacity sends all to its neighbours, and what fits nowhere with it", () => {
  expect(partsOf("a", { a: [10, 0], b: [0, 4], c: [0, 4] })).toEqual({ b: 0.5, c: 0.5 });
});

test("a site without capacity, from which nothing can be carried, has no parts, nor has an unknown one", () => {
  expect(partsOf("a", { a: [10, 0] })).toEqual({});
  expect(partsOf("a", { a: [0, 0], b: [0, 4] })).toEqual({});
  expect(partsOf("d", { a: [1, 4] })).toEqual({});
});
