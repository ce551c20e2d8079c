import { expect, test } from "vitest";
import type { FlowCounter, FlowHop } from "../core/model/flow.ts";
import { SiteDemand } from "./site-demand.ts";

const options = { halfLifeMs: 5000, change: 0.1 };

function counter(node: string, pod: string, requestBytes: number, hop?: FlowHop): FlowCounter {
  return {
    source: { namespace: "core", workload: "ue", pod: `ue-${node}`, node },
    destination: { namespace: "core", workload: "dn", pod, node: `of-${pod}` },
    hop,
    requestBytes,
    responseBytes: 9 * requestBytes,
  };
}

function measured(...readings: readonly (readonly FlowCounter[])[]): SiteDemand {
  const demand = new SiteDemand(options);
  for (const [at, counters] of readings.entries()) demand.observe({ atMs: 1000 * at, counters, delays: [] });
  return demand;
}

test("the load of a Service is what its pods take in, by the node it comes from", () => {
  const demand = measured(
    [counter("a", "dn-0", 0), counter("a", "dn-1", 0), counter("b", "dn-1", 0), counter("b", "other", 0)],
    [counter("a", "dn-0", 100), counter("a", "dn-1", 50), counter("b", "dn-1", 7), counter("b", "other", 900)],
  );
  const { from, chainedTo } = demand.to("core/dn", ["core/dn-0", "core/dn-1"]);
  expect(Object.fromEntries(from)).toEqual({ a: 150, b: 7 });
  expect(chainedTo.size).toBe(0);
});

test("what a chain brings counts where it arrives", () => {
  const hop = { chain: "n6", spi: 3, hop: 0 };
  const demand = measured([counter("a", "dn-0", 0, hop)], [counter("a", "dn-0", 80, hop)]);
  const { from, chainedTo } = demand.to("core/dn", ["core/dn-0"]);
  expect(from.size).toBe(0);
  expect(Object.fromEntries(chainedTo)).toEqual({ "of-dn-0": 80 });
});

test("load that moves to another pod counts once", () => {
  const before = Array.from({ length: 21 }, (_, second) => [counter("a", "dn-0", 100 * second)]);
  const after = [1, 2, 3].map((second) => [counter("a", "dn-0", 2000), counter("a", "dn-1", 100 * second)]);
  const { from } = measured(...before, ...after).to("core/dn", ["core/dn-0", "core/dn-1"]);
  expect(from.get("a")).toBeGreaterThan(80);
  expect(from.get("a")).toBeLessThan(120);
});

test("a load that has not moved by its part leaves what was made of it", () => {
  const demand = measured([counter("a", "dn-0", 0)], [counter("a", "dn-0", 1000)]);
  expect(demand.hasMoved("core/dn", ["core/dn-0"])).toBe(true);
  demand.to("core/dn", ["core/dn-0"]);
  demand.observe({ atMs: 2000, counters: [counter("a", "dn-0", 2050)], delays: [] });
  expect(demand.hasMoved("core/dn", ["core/dn-0"])).toBe(false);
  demand.observe({ atMs: 3000, counters: [counter("a", "dn-0", 5050)], delays: [] });
  expect(demand.hasMoved("core/dn", ["core/dn-0"])).toBe(true);
});

test("nothing is known before the second reading", () => {
  expect([
    ...measured([counter("a", "dn-0", 500)])
      .to("core/dn", ["core/dn-0"])
      .from.values(),
  ]).toEqual([0]);
});
