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

function route({ from = "a", link: index = 0, share = 1 }: { from?: string; link?: number; share?: number }) {
  return { from, to: "b", links: [{ link: index, share }] };
}

function matrix(part: Parameters<typeof route>[0]) {
  return { routing: "matrix", routes: [route(part)] };
}

test.each([
  { name: "ECMP", part: {}, routing: { kind: "ecmp" } },
  { name: "free routes", part: { routing: "free" }, routing: { kind: "free" } },
  { name: "a matrix", part: matrix({}), routing: { kind: "matrix", routes: [route({})] } },
])("$name is a routing", ({ part, routing }) => {
  const parsed = parseSplitNetwork({ ...network, ...part });
  expect(parsed.kind === "parsed" && parsed.value.routing).toEqual(routing);
});

const wrong = [
  { name: "no routing", part: { routing: undefined }, field: "routing" },
  { name: "another routing", part: { routing: "ospf" }, field: "routing" },
  { name: "a matrix without routes", part: { routing: "matrix" }, field: "routes" },
  { name: "routes beside ECMP", part: { routes: [] }, field: "routes" },
  { name: "a route of an unknown node", part: matrix({ from: "z" }), field: "routes[0].from" },
  {
    name: "a route over a link that is not there",
    part: matrix({ share: 1, link: 7 }),
    field: "routes[0].links[0].link",
  },
  { name: "a route that loses traffic", part: matrix({ share: 0.9 }), field: "routes[0]" },
  { name: "a share above 1", part: matrix({ share: 1.5 }), field: "routes[0].links[0].share" },
  { name: "two routes of one pair", part: { routing: "matrix", routes: [route({}), route({})] }, field: "routes[1]" },
  { name: "a latency limit of 0", part: { chains: [{ ...chain, latencyMsMax: 0 }] }, field: "chains[0].latencyMsMax" },
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
