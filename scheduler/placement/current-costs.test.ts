import { expect, test } from "vitest";
import { DelayTable } from "../../core/graph/delay-table.ts";
import { defaultLocalityCosts } from "../../core/model/locality.ts";
import { Topology } from "../../core/model/topology.ts";
import { CurrentCosts } from "./current-costs.ts";

const places = ["a", "b", "c"].map((node) => ({ node, zone: "1" }));

function current(costs: "configured" | "measured") {
  const delays = new DelayTable({ spanMs: 1000, forgottenAfterMs: 60_000, pairsMax: 100 });
  let connections = 0;
  const measure = (leastMs: number) => {
    connections += 1;
    const samples = ["b", "c"].map((destinationNode) => ({
      sourceNode: "a",
      destinationNode,
      series: "",
      connections,
      leastMs,
    }));
    delays.observe(samples, connections);
  };
  return { costs: new CurrentCosts({ costs, localityCosts: defaultLocalityCosts, pairsMin: 2 }, delays), measure };
}

const zoneCost = (costs: CurrentCosts, topology: Topology) => costs.of(topology).costOf("zone", 0);

test("configured costs do not change, whatever is measured", () => {
  const { costs, measure } = current("configured");
  const topology = new Topology(places);
  const before = costs.of(topology);
  measure(7);
  expect(costs.of(topology)).toBe(before);
  expect(before).toMatchObject({ origin: { kind: "configured" }, costs: { farCost: 10 } });
});

test("measured costs are the configured ones until enough is measured, and say so", () => {
  const { costs, measure } = current("measured");
  const topology = new Topology(places);
  expect(costs.of(topology).origin).toEqual({ kind: "unmeasured" });
  expect(zoneCost(costs, topology)).toBe(2);
  measure(7);
  expect(zoneCost(costs, topology)).toBe(7);
  expect(costs.origin).toMatchObject({
    kind: "measured",
    pairCount: 2,
    groupCount: 1,
    localityCosts: { zone: 7, other: 35 },
  });
});

test("costs are worked out again only for another topology or another round trip", () => {
  const { costs, measure } = current("measured");
  const topology = new Topology(places);
  measure(7);
  const before = costs.of(topology);
  measure(9);
  expect(costs.of(topology)).toBe(before);
  measure(6);
  expect(costs.of(topology)).not.toBe(before);
  expect(costs.of(new Topology(places))).not.toBe(costs.of(topology));
});
