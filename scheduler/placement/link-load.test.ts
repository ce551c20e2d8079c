import fc from "fast-check";
import { expect, test } from "vitest";
import { balancedSplit, sharesOf } from "../../core/model/balanced-split.ts";
import { ReplicaCounts } from "../../core/model/replica-counts.ts";
import { Topology } from "../../core/model/topology.ts";
import { linkChanges, linkLoads } from "./link-load.ts";

const places = ["a", "b", "c"].map((node) => ({ node }));
const topology = new Topology(places);
type OnNodes = Readonly<Record<string, number>>;
const replicas = (on: OnNodes) => new ReplicaCounts(topology, new Map(Object.entries(on)));
const pair = (source: OnNodes, destination: OnNodes) => ({
  source: replicas(source),
  destination: replicas(destination),
  requestBytesPerSecond: 100,
  responseBytesPerSecond: 10,
});

test("two workloads on two nodes load both links, each way by its direction", () => {
  const loads = linkLoads(topology, [pair({ a: 1 }, { b: 1 })]);
  expect([...loads.out]).toEqual([100, 10, 0]);
  expect([...loads.in]).toEqual([10, 100, 0]);
});

test("what stays on its node loads no link", () => {
  const loads = linkLoads(topology, [pair({ a: 1 }, { a: 1 })]);
  expect([...loads.out, ...loads.in]).toEqual([0, 0, 0, 0, 0, 0]);
});

test("a pair with an unplaced side loads nothing", () => {
  expect([...linkLoads(topology, [pair({ a: 1 }, {})]).out]).toEqual([0, 0, 0]);
});

const onNodes = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 3 }));
const somewhere = onNodes.filter((on) => Object.keys(on).length > 0);

test("loads are what the balanced split sends between nodes", () => {
  fc.assert(
    fc.property(somewhere, somewhere, (source, destination) => {
      const standing = (on: OnNodes) =>
        places.flatMap((place) => Array.from({ length: on[place.node] ?? 0 }, () => place));
      const [sources, destinations] = [sharesOf(standing(source)), sharesOf(standing(destination))];
      const out = new Map<string, number>();
      for (const arc of balancedSplit(sources, destinations).filter(({ locality }) => locality !== "node")) {
        const [from, to] = [sources[arc.source]?.place.node ?? "", destinations[arc.destination]?.place.node ?? ""];
        out.set(from, (out.get(from) ?? 0) + 100 * arc.fraction);
        out.set(to, (out.get(to) ?? 0) + 10 * arc.fraction);
      }
      const loads = linkLoads(topology, [pair(source, destination)]);
      for (const [index, { node }] of places.entries()) expect(loads.out[index]).toBeCloseTo(out.get(node) ?? 0, 6);
    }),
  );
});

test("a pod changes its node's link by the difference of the loads with and without it", () => {
  fc.assert(
    fc.property(onNodes, somewhere, fc.constantFrom("a", "b", "c"), (own, peer, node) => {
      const index = topology.indexOf(node);
      const peers = [{ isOwn: false, sentBytesPerSecond: 100, receivedBytesPerSecond: 10, replicas: replicas(peer) }];
      const change = linkChanges(topology, replicas(own), peers);
      const before = linkLoads(topology, [pair(own, peer)]);
      const after = linkLoads(topology, [pair({ ...own, [node]: (own[node] ?? 0) + 1 }, peer)]);
      expect(change.out[index]).toBeCloseTo((after.out[index] ?? 0) - (before.out[index] ?? 0), 6);
      expect(change.in[index]).toBeCloseTo((after.in[index] ?? 0) - (before.in[index] ?? 0), 6);
    }),
  );
});
