import { describe, expect, test } from "vitest";
import type { MeasuredPair } from "../../../core/graph/delay-table.ts";
import { clusterNodeOf } from "../../../core/model/cluster-node.ts";
import { CurrentLatencies } from "./current-latencies.ts";
import { measuredLatencies } from "./measured-latencies.ts";

const options = { pairsMin: 2, localityLatencyMs: { rack: 0.05, zone: 0.2, region: 1, other: 10 } };

/** Zones a and b of region r, zone c of region s; no racks. */
const nodes = ["a1", "a2", "a3", "b1", "b2", "c1"].map((name) => {
  const zone = name.slice(0, 1);
  const labels = { "topology.kubernetes.io/zone": zone, "topology.kubernetes.io/region": zone === "c" ? "s" : "r" };
  return clusterNodeOf({ metadata: { name, labels } });
});

function pair(a: string, b: string, roundTripMs: number): MeasuredPair {
  return { a, b, roundTripMs, lastAtMs: 0 };
}

const of = (pairs: readonly MeasuredPair[]) => Object.fromEntries(measuredLatencies(nodes, pairs, options));

describe("latencies of groups of nodes", () => {
  test("are none where nothing is measured, too little, or only nodes with themselves", () => {
    expect(of([])).toEqual({});
    expect(of([pair("a1", "a2", 4)])).toEqual({});
    expect(of([pair("a1", "a1", 4), pair("a2", "a2", 4)])).toEqual({});
    expect(of([pair("a1", "gone", 4), pair("a2", "gone", 4)])).toEqual({});
  });

  test("are half the median round trip of a group's own pairs, else of its locality's, else as configured", () => {
    const found = of([
      pair("a1", "a2", 0.6),
      pair("a1", "a3", 0.8),
      pair("a2", "a3", 2),
      pair("b1", "b2", 0.8),
      pair("a1", "b1", 5),
      pair("a2", "b1", 7),
    ]);
    expect(found).toEqual({
      "zone/r/a": 0.4,
      "zone/r/b": 0.4,
      "zone/s/c": 0.4,
      "region/r": 3,
      "region/s": 3,
      other: 10,
    });
  });

  test("grow outwards: a guess is raised to what is measured within it", () => {
    const found = of([pair("a1", "a2", 50), pair("a1", "a3", 50), pair("a2", "a3", 50)]);
    expect(found).toMatchObject({ "zone/r/a": 25, "region/r": 25, other: 25 });
  });

  test("grow outwards: a guess is lowered to what is measured around it", () => {
    const found = of([pair("a1", "b1", 0.1), pair("a2", "b2", 0.1)]);
    expect(found).toMatchObject({ "zone/r/a": 0.05, "region/r": 0.05, other: 10 });
  });

  test("between regions are what pairs between them say", () => {
    const found = of([pair("a1", "c1", 2), pair("b1", "c1", 2)]);
    expect(found).toMatchObject({ "zone/s/c": 0.2, "region/s": 1, other: 1 });
  });
});

describe("current latencies", () => {
  const pairs = (roundTripMs: number) => [pair("a1", "a2", roundTripMs), pair("a1", "a3", roundTripMs)];

  test("stay the same until one has moved by more than a part of itself", () => {
    const current = new CurrentLatencies({ ...options, latencyChange: 0.1 });
    const first = current.observe(pairs(1), nodes);
    expect(first.get("zone/r/a")).toBe(0.5);
    expect(current.observe(pairs(1.09), nodes)).toBe(first);
    expect(current.observe(pairs(1.2), nodes).get("zone/r/a")).toBe(0.6);
  });

  test("follow the nodes by the pairs that were heard of last", () => {
    const current = new CurrentLatencies({ ...options, latencyChange: 0.1 });
    expect(current.observe(pairs(1), []).size).toBe(0);
    expect(current.of(nodes).get("zone/r/a")).toBe(0.5);
  });
});
