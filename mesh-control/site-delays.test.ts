import { expect, test } from "vitest";
import type { Place } from "../core/model/locality.ts";
import { delaysBetween, measuredDelays } from "./site-delays.ts";

const siteOf = (node: string) => node.slice(0, 1);
const pair = (a: string, b: string, roundTripMs: number) => ({ a, b, roundTripMs, lastAtMs: 0 });
const latencyMs = { rack: 0.1, zone: 0.5, region: 2, other: 10 };
const places = new Map<string, Place>([
  ["x", { node: "x1", zone: "x", region: "r" }],
  ["y", { node: "y1", zone: "y", region: "r" }],
  ["z", { node: "z1", zone: "z", region: "s" }],
]);

test("two sites are half of the median round trip apart that is measured between their nodes, either way", () => {
  const delay = measuredDelays(
    [pair("x1", "y1", 8), pair("y2", "x1", 2), pair("x2", "y1", 3), pair("x1", "x2", 1)],
    siteOf,
  );
  expect([delay("x", "y"), delay("y", "x"), delay("x", "z")]).toEqual([1.5, 1.5, undefined]);
});

test("where nothing is measured the nearest common locality counts", () => {
  expect(delaysBetween(places, latencyMs, measuredDelays([pair("x1", "z1", 6)], siteOf))).toEqual([
    { a: "x", b: "y", oneWayMs: 2 },
    { a: "x", b: "z", oneWayMs: 3 },
    { a: "y", b: "z", oneWayMs: 10 },
  ]);
});
