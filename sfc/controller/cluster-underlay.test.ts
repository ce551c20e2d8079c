import { expect, test } from "vitest";
import { underlayOf } from "../../core/graph/underlay.ts";
import { clusterNodeOf } from "../../core/model/cluster-node.ts";
import { clusterUnderlay } from "./cluster-underlay.ts";

const localityLatencyMs = { rack: 0.1, zone: 0.4, region: 2, other: 20 };
const latencies = { localityLatencyMs, measuredLatencies: new Map<string, number>() };

const nodes = [
  node("a1", { rack: "1", zone: "a", region: "r" }, "80M"),
  node("a2", { rack: "1", zone: "a", region: "r" }),
  node("a3", { rack: "2", zone: "a", region: "r" }),
  node("b1", { rack: "1", zone: "b", region: "r" }),
  node("b2", { zone: "b", region: "r" }),
  node("far", { rack: "1", zone: "a", region: "s" }),
  node("bare", {}),
];
const names = [...nodes.map(({ name }) => name), "unknown"];

const pairs = [
  { from: "a1", to: "a1", is: "the node itself", latencyMs: 0 },
  { from: "a1", to: "a2", is: "one rack", latencyMs: 0.1 },
  { from: "a1", to: "a3", is: "one zone", latencyMs: 0.4 },
  { from: "a1", to: "b1", is: "one region", latencyMs: 2 },
  { from: "b1", to: "b2", is: "one zone, of which one's rack is not known", latencyMs: 0.4 },
  { from: "a1", to: "far", is: "two regions with zones and racks of the same names", latencyMs: 20 },
  { from: "a1", to: "bare", is: "a place and none", latencyMs: 20 },
  { from: "bare", to: "unknown", is: "no place and no node", latencyMs: 20 },
];

test.each(pairs)("between $from and $to it is $is: $latencyMs ms", ({ from, to, latencyMs }) => {
  const underlay = clusterUnderlay(names, nodes, latencies);
  expect(underlayOf(underlay.nodes, underlay.links).routeBetween(from, to)?.latencyMs).toBeCloseTo(latencyMs, 9);
});

const measured = [
  { from: "a1", to: "a2", is: "a rack that is wider than configured", latencyMs: 0.3 },
  { from: "a1", to: "a3", is: "a zone that is as wide as its rack", latencyMs: 0.3 },
  { from: "b1", to: "b2", is: "a zone of which nothing is measured", latencyMs: 0.4 },
  { from: "a1", to: "b1", is: "a region that is narrower than configured", latencyMs: 1 },
];

test.each(measured)("between $from and $to it is $is: $latencyMs ms", ({ from, to, latencyMs }) => {
  const measuredLatencies = new Map([
    ["rack/r/a/1", 0.3],
    ["zone/r/a", 0.3],
    ["region/r", 1],
  ]);
  const underlay = clusterUnderlay(names, nodes, { localityLatencyMs, measuredLatencies });
  expect(underlayOf(underlay.nodes, underlay.links).routeBetween(from, to)?.latencyMs).toBeCloseTo(latencyMs, 4);
});

test("a node's own link has its declared capacity both ways, every other link none", () => {
  const { links } = clusterUnderlay(names, nodes, latencies);
  const limited = links.filter(({ capacity }) => capacity < Infinity);
  expect(limited.map(({ from, to, capacity }) => [from.includes("/"), to.includes("/"), capacity])).toEqual([
    [false, true, 10e6],
    [true, false, 10e6],
  ]);
  expect(limited[0]?.from).toBe("a1");
});

test("only the nodes that are asked for are in it, and once", () => {
  const { nodes: vertices } = clusterUnderlay(["a1", "a2", "a1"], nodes, latencies);
  expect(vertices.filter((name) => !name.includes("/"))).toEqual(["a1", "a2", "other"]);
});

function node(name: string, place: { rack?: string; zone?: string; region?: string }, bitsPerSecond?: string) {
  const labels = {
    ...(place.rack !== undefined && { "topology.weft.dev/rack": place.rack }),
    ...(place.zone !== undefined && { "topology.kubernetes.io/zone": place.zone }),
    ...(place.region !== undefined && { "topology.kubernetes.io/region": place.region }),
  };
  const annotations = bitsPerSecond === undefined ? {} : { "weft.dev/link-bandwidth": bitsPerSecond };
  return clusterNodeOf({ metadata: { name, labels, annotations } });
}
