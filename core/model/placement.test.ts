import { expect, test } from "vitest";
import { defaultLocalityCosts } from "./locality.ts";
import { placementCost } from "./placement.ts";

const [a, b] = [
  { node: "a", zone: "z" },
  { node: "b", zone: "z" },
];
const traffic = [{ source: "ns/x", destination: "ns/y", bytesPerSecond: 100 }];

test("workloads spread alike keep their traffic on the nodes", () => {
  const placement = new Map([["ns/x", [a, b]], ["ns/y", [a, b]]]); // biome-ignore format: one pair a line says less
  expect(placementCost(traffic, placement, defaultLocalityCosts)).toEqual({
    cost: 0,
    bytesPerSecond: 100,
    interNodeBytesPerSecond: 0,
  });
});

test("a byte that leaves its node costs its locality", () => {
  const placement = new Map([["ns/x", [a]], ["ns/y", [a, b]]]); // biome-ignore format: one pair a line says less
  expect(placementCost(traffic, placement, defaultLocalityCosts)).toMatchObject({
    cost: 100,
    interNodeBytesPerSecond: 50,
  });
});

test("a pair with an unplaced side costs nothing and carries nothing", () => {
  expect(placementCost(traffic, new Map([["ns/x", [a]]]), defaultLocalityCosts).bytesPerSecond).toBe(0);
});
