import { expect, test } from "vitest";
import { parsePlacementScenario, parseScenarioFile } from "./placement-scenario.ts";

const scenario = {
  name: "pair",
  nodes: [
    { name: "a", cpu: 4, memory: 0 },
    { name: "b", cpu: 4, memory: 0 },
  ],
  services: [
    { name: "front", replicas: 3, cpu: 1, memory: 0, nodes: "*", initial: { a: 2, b: 0 } },
    { name: "back", replicas: 1, cpu: 1, memory: 0, nodes: ["b"], initial: { b: 1 }, pinned: { b: 1 }, perNodeMax: 1 },
  ],
  traffic: [{ from: "front", to: "back", weight: 2 }],
  oneWayDelayMs: { light: [[0, 1], [1, 0]] }, // biome-ignore format: a matrix
};

test("a scenario with pending replicas and pinned ones", () => {
  const parsed = parsePlacementScenario({ ...scenario, licence: "Apache-2.0" });
  expect(parsed.kind === "parsed" && parsed.value).toMatchObject({
    resources: ["cpu", "memory"],
    nodes: [{ name: "a", capacity: [4, 0] }, { name: "b" }],
    services: [
      {
        name: "front",
        replicas: 3,
        request: [1, 0],
        nodes: undefined,
        initial: new Map([["a", 2]]),
        pinned: new Map(),
      },
      { name: "back", nodes: ["b"], perNodeMax: 1, pinned: new Map([["b", 1]]) },
    ],
  });
});

test("replicas may be pinned where no others may come, and more of them than others", () => {
  const held = { ...scenario.services[0], initial: { a: 2 }, pinned: { a: 2 }, nodes: ["b"], perNodeMax: 1 };
  expect(parsePlacementScenario({ ...scenario, services: [held], traffic: [] }).kind).toBe("parsed");
});

test("other resources are named, and 0 where they are not", () => {
  const [a, b] = scenario.nodes;
  const named = {
    nodes: [{ ...a, otherResources: { pods: 110 } }, b],
    services: [{ ...scenario.services[1], nodes: ["a"], initial: {}, pinned: {}, otherResources: { pods: 1 } }],
  };
  const parsed = parsePlacementScenario({ ...scenario, ...named, traffic: [] });
  expect(parsed.kind === "parsed" && parsed.value).toMatchObject({
    resources: ["cpu", "memory", "pods"],
    nodes: [{ capacity: [4, 0, 110] }, { capacity: [4, 0, 0] }],
    services: [{ request: [1, 0, 1] }],
  });
});

test("a file says where its nodes stand, what distance costs and how long delays are", () => {
  const nodes = scenario.nodes.map((node, index) => ({ ...node, rack: `r${index}`, zone: "z" }));
  const parsed = parseScenarioFile({ ...scenario, nodes, costs });
  expect(parsed.kind === "parsed" && parsed.value.distances).toEqual({
    places: [
      { node: "a", rack: "r0", zone: "z", region: undefined },
      { node: "b", rack: "r1", zone: "z", region: undefined },
    ],
    localityCosts: costs,
    oneWayDelayMs: new Map(Object.entries(scenario.oneWayDelayMs)),
  });
  const bare = parseScenarioFile({ ...scenario, oneWayDelayMs: undefined });
  expect(bare).toMatchObject({ value: { distances: { localityCosts: undefined, oneWayDelayMs: new Map() } } });
});

test("domains are named by label, and counted in the order of the nodes", () => {
  const [front, back] = scenario.services;
  const rules = {
    domains: { zone: ["east", null], rack: ["r2", "r1"] },
    services: [
      { ...front, spread: [{ domains: "rack", skewMax: 2 }] },
      { ...back, apart: [{ domains: "zone", service: "front" }] },
    ],
  };
  const parsed = parsePlacementScenario({ ...scenario, ...rules });
  expect(parsed.kind === "parsed" && parsed.value).toMatchObject({
    domains: [
      { name: "zone", ofNode: [0, -1] },
      { name: "rack", ofNode: [0, 1] },
    ],
    services: [{ spread: [{ domains: 1, skewMax: 2 }] }, { apart: [{ domains: 0, service: "front" }] }],
  });
});

const [front, back] = scenario.services;
const [pair] = scenario.traffic;
const [nodeA, nodeB] = scenario.nodes;
const costs = { node: 0, rack: 1, zone: 2, region: 5, other: 10 };
const services = (part: object) => ({ services: [{ ...front, ...part }, back] });

const wrong = [
  { name: "no nodes", part: { nodes: [] }, field: "nodes" },
  { name: "a negative capacity", part: { nodes: [{ name: "a", cpu: -1, memory: 0 }] }, field: "nodes[0].cpu" },
  { name: "no memory", part: { nodes: [{ name: "a", cpu: 1 }] }, field: "nodes[0].memory" },
  { name: "a node named twice", part: { nodes: [scenario.nodes[0], scenario.nodes[0]] }, field: "nodes[1].name" },
  { name: "a service named twice", part: { services: [front, front] }, field: "services[1].name" },
  { name: "no replicas", part: services({ replicas: 0 }), field: "services[0].replicas" },
  { name: "half a replica", part: services({ replicas: 1.5 }), field: "services[0].replicas" },
  { name: "nodes that are a name", part: services({ nodes: "a" }), field: "services[0].nodes" },
  { name: "an unknown node", part: services({ nodes: ["a", "c"] }), field: "services[0].nodes[1]" },
  { name: "replicas on an unknown node", part: services({ initial: { c: 1 } }), field: "services[0].initial.c" },
  { name: "more standing than there are", part: services({ initial: { a: 4 } }), field: "services[0].initial" },
  { name: "more pinned than stand", part: services({ pinned: { a: 3 } }), field: "services[0].pinned.a" },
  { name: "a service that fits nowhere", part: services({ cpu: 5 }), field: "services[0].cpu" },
  { name: "a service of which not all fit", part: services({ cpu: 3 }), field: "services[0].cpu" },
  { name: "too few nodes for one each", part: services({ perNodeMax: 1 }), field: "services[0].cpu" },
  { name: "a domain for one of two nodes", part: { domains: { zone: ["a"] } }, field: "domains.zone" },
  {
    name: "a spread over unknown domains",
    part: services({ spread: [{ domains: "zone", skewMax: 1 }] }),
    field: "services[0].spread[0].domains",
  },
  {
    name: "a distance from an unknown service",
    part: { domains: { zone: ["a", "b"] }, ...services({ apart: [{ domains: "zone", service: "ghost" }] }) },
    field: "services[0].apart[0].service",
  },
  {
    name: "a resource that no node has",
    part: services({ otherResources: { "example.com/gpu": 1 } }),
    field: "services[0].otherResources[example.com/gpu]",
  },
  { name: "memory that no node has", part: services({ memory: 1 }), field: "services[0].memory" },
  {
    name: "more in all than there is",
    part: { services: [{ ...front, cpu: 2 }, { ...back, cpu: 4 }] }, // biome-ignore format: one case
    field: "services",
  },
  { name: "an unknown peer", part: { traffic: [{ ...pair, to: "ghost" }] }, field: "traffic[0].to" },
  { name: "a negative weight", part: { traffic: [{ ...pair, weight: -1 }] }, field: "traffic[0].weight" },
  {
    name: "a spread over domains that none of its nodes has",
    part: { domains: { zone: ["a", null] }, services: [front, { ...back, spread: [{ domains: "zone", skewMax: 1 }] }] },
    field: "services[1].spread[0]",
  },
  {
    name: "a spread that a small domain does not allow",
    part: {
      domains: { zone: ["a", "b"] },
      nodes: [{ name: "a", cpu: 1, memory: 0 }, { name: "b", cpu: 9, memory: 0 }],
      services: [{ ...front, replicas: 4, initial: {}, spread: [{ domains: "zone", skewMax: 1 }] }, { ...back, cpu: 0 }],
    }, // biome-ignore format: one case
    field: "services[0].spread[0]",
  },
  {
    name: "more replicas apart than there are domains",
    part: { domains: { zone: ["a", "b"] }, ...services({ apart: [{ domains: "zone", service: "front" }] }) },
    field: "services[0].apart[0]",
  },
  {
    name: "a skew of none",
    part: { domains: { zone: ["a", "b"] }, ...services({ spread: [{ domains: "zone", skewMax: 0 }] }) },
    field: "services[0].spread[0].skewMax",
  },
  { name: "a zone that is a number", part: { nodes: [{ ...nodeA, zone: 1 }, nodeB] }, field: "nodes[0].zone" },
  { name: "a negative cost", part: { costs: { ...costs, node: -1 } }, field: "costs.node" },
  { name: "a missing cost", part: { costs: { ...costs, zone: undefined } }, field: "costs.zone" },
  { name: "a cost that falls with distance", part: { costs: { ...costs, zone: 0.5 } }, field: "costs.zone" },
  { name: "a negative delay", part: { oneWayDelayMs: { light: [[0, -1], [1, 0]] } }, field: "oneWayDelayMs.light[0][1]" }, // biome-ignore format: one case
  { name: "a delay too few", part: { oneWayDelayMs: { light: [[0, 1]] } }, field: "oneWayDelayMs.light" },
  { name: "an endless number", part: services({ cpu: Infinity }), field: "services[0].cpu" },
];

test.each(wrong)("$name is rejected at $field", ({ part, field }) => {
  expect(parsePlacementScenario({ ...scenario, ...part })).toMatchObject({ kind: "rejected", field });
});

test("a shortage says whose, of what, and how much there is", () => {
  expect(parsePlacementScenario({ ...scenario, ...services({ cpu: 3 }) })).toMatchObject({
    reason: "front has 3 replicas of 3 each, and its 2 nodes have room for 2",
  });
});

test("more services and nodes than memory holds are rejected", () => {
  const nodes = Array.from({ length: 4000 }, (_, index) => ({ name: `n${index}`, cpu: 9, memory: 9 }));
  const many = Array.from({ length: 2001 }, (_, index) => ({ ...front, name: `s${index}`, initial: {} }));
  const parsed = parsePlacementScenario({ ...scenario, nodes, services: many, traffic: [], oneWayDelayMs: undefined });
  expect(parsed).toMatchObject({ kind: "rejected", field: "services" });
});
