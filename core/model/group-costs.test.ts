import { expect, test } from "vitest";
import { groupCosts } from "./group-costs.ts";
import type { Locality } from "./locality.ts";
import { Topology } from "./topology.ts";

/** Nobody names racks; c's zone is unknown. */
const topology = new Topology([
  { node: "a", zone: "1", region: "eu" },
  { node: "b", zone: "1", region: "eu" },
  { node: "c", region: "eu" },
]);
const prices: Readonly<Record<Locality, number>> = { node: 0, rack: 1, zone: 2, region: 5, other: 10 };

test("levels are the localities that divide the nodes differently, and each group knows the one around it", () => {
  const { levels, farCost } = groupCosts(topology, (locality) => prices[locality]);
  expect(levels.map(({ locality, parents }) => ({ locality, parents: [...parents] }))).toEqual([
    { locality: "node", parents: [0, 0, 1] },
    { locality: "zone", parents: [0, 0] },
    { locality: "region", parents: [0] },
  ]);
  expect(farCost).toBe(10);
});

test("a step is what a byte costs more in the group around, each group by its own costs", () => {
  const { levels } = groupCosts(topology, (locality, group) => prices[locality] + (locality === "zone" ? group : 0));
  expect(levels.map(({ steps }) => [...steps])).toEqual([[2, 2, 3], [3, 2], [5]]);
});

test("where all nodes are in one group of every locality the rest is far", () => {
  const { levels } = groupCosts(new Topology([{ node: "a" }]), (locality) => prices[locality]);
  expect(levels.map(({ locality, steps }) => [locality, ...steps])).toEqual([["node", 10]]);
});
