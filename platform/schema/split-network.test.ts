import { expect, test } from "vitest";
import { parseSplitNetwork } from "./split-network.ts";

const network = {
  name: "pair",
  routing: "ecmp",
  nodes: ["a", "b"],
  links: [{ from: "a", to: "b", capacity: 10, latencyMs: 0.1 }],
  functions: { dpi: [{ name: "dpi-0", node: "b", capacity: 5 }] },
  chains: [{ name: "c", source: "a", destination: "b", functions: ["dpi"], demand: 1, scaling: [0.5] }],
};

test("a chain begins at one node and ends at one", () => {
  const parsed = parseSplitNetwork(network);
  expect(parsed.kind === "parsed" && parsed.value.chains).toMatchObject([
    { sources: [{ node: "a", share: 1 }], destinations: [{ node: "b", capacity: Infinity }], demand: 1 },
  ]);
});

const [link] = network.links;
const [chain] = network.chains;

const wrong = [
  { name: "no routing", part: { routing: undefined }, field: "routing" },
  { name: "another routing", part: { routing: "free" }, field: "routing" },
  { name: "a node named twice", part: { nodes: ["a", "b", "a"] }, field: "nodes[2]" },
  { name: "a link from nowhere", part: { links: [{ ...link, from: "z" }] }, field: "links[0].from" },
  { name: "a link to itself", part: { links: [{ ...link, to: "a" }] }, field: "links[0].to" },
  { name: "a link without capacity", part: { links: [{ ...link, capacity: 0 }] }, field: "links[0].capacity" },
  {
    name: "a link without latency, along which paths could go in circles",
    part: { links: [{ ...link, latencyMs: 0 }] },
    field: "links[0].latencyMs",
  },
  {
    name: "an instance on no node",
    part: { functions: { dpi: [{ name: "x", node: "z", capacity: 1 }] } },
    field: "functions.dpi[0].node",
  },
  { name: "a function without instances", part: { functions: { dpi: [] } }, field: "functions.dpi" },
  {
    name: "a chain through a missing function",
    part: { chains: [{ ...chain, functions: ["nat"] }] },
    field: "chains[0].functions[0]",
  },
  {
    name: "a chain through a property of objects",
    part: { chains: [{ ...chain, functions: ["toString"] }] },
    field: "chains[0].functions[0]",
  },
  { name: "fewer scalings than functions", part: { chains: [{ ...chain, scaling: [] }] }, field: "chains[0].scaling" },
  { name: "a demand below 0", part: { chains: [{ ...chain, demand: -1 }] }, field: "chains[0].demand" },
  { name: "an unknown field", part: { chain: [] }, field: "chain" },
];

test.each(wrong)("$name is rejected by its field", ({ part, field }) => {
  expect(parseSplitNetwork({ ...network, ...part })).toMatchObject({ kind: "rejected", field });
});
