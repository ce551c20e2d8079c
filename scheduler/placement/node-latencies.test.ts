import { expect, test } from "vitest";
import { Topology } from "../../core/model/topology.ts";
import { nodeLatencies } from "./node-latencies.ts";

const topology = new Topology([
  { node: "a", rack: "r", zone: "1", region: "eu" },
  { node: "b", rack: "r", zone: "1", region: "eu" },
  { node: "c", zone: "1", region: "eu" },
  { node: "d", zone: "2", region: "eu" },
  { node: "e" },
]);
const measured = [
  { a: "d", b: "a", roundTripMs: 6, lastAtMs: 0 },
  { a: "a", b: "ghost", roundTripMs: 1, lastAtMs: 0 },
  { a: "a", b: "a", roundTripMs: 1, lastAtMs: 0 },
];
const between = nodeLatencies(topology, measured, { rack: 1, zone: 2, region: 4, other: 8 });
const latency = (from: string, to: string) => between(topology.indexOf(from), topology.indexOf(to));

const cases = [
  { name: "on a node there is no way", from: "a", to: "a", ms: 0 },
  { name: "half of a measured round trip", from: "a", to: "d", ms: 3 },
  { name: "the same in the other direction", from: "d", to: "a", ms: 3 },
  { name: "within a rack, as configured", from: "a", to: "b", ms: 1 },
  { name: "within a zone", from: "a", to: "c", ms: 2 },
  { name: "within a region", from: "b", to: "d", ms: 4 },
  { name: "where nothing is known", from: "a", to: "e", ms: 8 },
];

test.each(cases)("$name", ({ from, to, ms }) => {
  expect(latency(from, to)).toBe(ms);
});
