import { expect, test } from "vitest";
import type { NetworkChain, SplitNetwork } from "../model/split-network.ts";
import { arcLatencyMs, arcLoads, arcsLeaving, vertexEntered } from "./layered-arcs.ts";
import { layeredGraph } from "./layered-graph.ts";
import { resourceTable } from "./layered-graph-resources.ts";
import { underlayOf } from "./underlay.ts";

const chain: NetworkChain = {
  name: "c",
  sources: [{ name: "src", node: "a", share: 1 }],
  functions: ["dpi", "nat"],
  scaling: [0.5, 2],
  destinations: [{ name: "end", node: "b", capacity: Infinity }],
  demand: 8,
  latencyMsMax: undefined,
};

const network: SplitNetwork = {
  name: "pair",
  routing: { kind: "ecmp" },
  nodes: ["a", "b"],
  links: [
    { from: "a", to: "b", capacity: 10, latencyMs: 1 },
    { from: "b", to: "a", capacity: Infinity, latencyMs: 1 },
  ],
  functions: new Map([
    [
      "dpi",
      [
        { name: "dpi-a", node: "a", capacity: 5 },
        { name: "dpi-b", node: "b", capacity: Infinity },
      ],
    ],
    ["nat", [{ name: "nat-a", node: "a", capacity: 6 }]],
  ]),
  chains: [chain],
};

test("only what has a limit is a resource", () => {
  expect(resourceTable(network).resources.map(({ name }) => name)).toEqual([
    "link a -> b",
    "instance dpi-a of dpi",
    "instance nat-a of nat",
  ]);
});

test("an arc carries the demand times the scalings so far, and loads its route and the instance it enters", () => {
  expect(arcsOf(chain)).toEqual({
    "src -> dpi-a": { amount: 8, latencyMs: 0, loads: ["8 on instance dpi-a of dpi"] },
    "src -> dpi-b": { amount: 8, latencyMs: 1, loads: ["8 on link a -> b"] },
    "dpi-a -> nat-a": { amount: 4, latencyMs: 0, loads: ["4 on instance nat-a of nat"] },
    "dpi-b -> nat-a": { amount: 4, latencyMs: 1, loads: ["4 on instance nat-a of nat"] },
    "nat-a -> end": { amount: 8, latencyMs: 1, loads: ["8 on link a -> b"] },
  });
});

test("what cannot keep within the chain's latency limit is left out", () => {
  expect(Object.keys(arcsOf({ ...chain, latencyMsMax: 2 }))).toEqual([
    "src -> dpi-a",
    "dpi-a -> nat-a",
    "nat-a -> end",
  ]);
});

test.each([
  {
    name: "a limit that no way keeps",
    part: { latencyMsMax: 0.5 },
    shortestWay: [
      { from: "src", to: "dpi-a", latencyMs: 0 },
      { from: "dpi-a", to: "nat-a", latencyMs: 0 },
      { from: "nat-a", to: "end", latencyMs: 1 },
    ],
  },
  { name: "no destination", part: { destinations: [] }, shortestWay: [] },
])("with $name the source is unreachable, and the shortest way is told", ({ part, shortestWay }) => {
  expect(layered({ ...chain, ...part })).toEqual({ kind: "unreachable", source: "src", shortestWay });
});

test("a chain without functions leads from its sources to its destinations", () => {
  expect(Object.keys(arcsOf({ ...chain, functions: [], scaling: [] }))).toEqual(["src -> end"]);
});

function layered(of: NetworkChain) {
  const table = resourceTable(network);
  return layeredGraph(of, { network, underlay: underlayOf(network.nodes, network.links), table });
}

function arcsOf(of: NetworkChain) {
  const result = layered(of);
  if (result.kind === "unreachable") throw new Error(`${result.source} is unreachable`);
  const { graph } = result;
  const table = resourceTable(network);
  const underlay = underlayOf(network.nodes, network.links);
  const named = [...graph.vertices.entries()].flatMap(([vertex, { name }]) =>
    arcsLeaving(graph, vertex).map((arc) => {
      const loads = arcLoads(graph, vertex, arc, { underlay, table }).map(
        ({ resource, amount }) => `${amount} on ${table.resources[resource]?.name}`,
      );
      const latencyMs = arcLatencyMs(graph, vertex, arc, underlay);
      return [`${name} -> ${vertexEntered(graph, arc).name}`, { amount: graph.amounts[vertex], latencyMs, loads }];
    }),
  );
  return Object.fromEntries(named);
}
