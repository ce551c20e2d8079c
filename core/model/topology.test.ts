import fc from "fast-check";
import { expect, test } from "vitest";
import { anyPlaces } from "../../test/builders/places.ts";
import { localityBetween } from "./locality.ts";
import { ReplicaCounts } from "./replica-counts.ts";
import { groupedLocalities, Topology } from "./topology.ts";

test("two nodes share the group of the locality between them and no smaller one", () => {
  fc.assert(
    fc.property(anyPlaces, fc.nat(11), fc.nat(11), (places, i, j) => {
      const [a, b] = [places[i % places.length], places[j % places.length]];
      if (!a || !b) return;
      const topology = new Topology(places);
      const nearest = groupedLocalities.find((locality) => {
        const { groupOfNode } = topology.grouping(locality);
        return groupOfNode[topology.indexOf(a.node)] === groupOfNode[topology.indexOf(b.node)];
      });
      expect(nearest ?? "other").toBe(localityBetween(a, b));
    }),
  );
});

test("groups nest: who shares a smaller one shares every larger one", () => {
  fc.assert(
    fc.property(anyPlaces, (places) => {
      const topology = new Topology(places);
      const groupings = groupedLocalities.map((locality) => topology.grouping(locality).groupOfNode);
      for (const [level, smaller] of groupings.entries())
        for (const larger of groupings.slice(level + 1))
          for (let i = 0; i < places.length; i++)
            for (let j = 0; j < i; j++) if (smaller[i] === smaller[j]) expect(larger[i]).toBe(larger[j]);
    }),
  );
});

test("a node that is not there has the index -1", () => {
  expect(new Topology([{ node: "a" }]).indexOf("b")).toBe(-1);
});

test("a topology knows whether places have changed", () => {
  const places = [{ node: "a", zone: "1" }, { node: "b" }];
  const topology = new Topology(places);
  expect(topology.isOf([{ node: "a", zone: "1" }, { node: "b" }])).toBe(true);
  expect(topology.isOf([{ node: "a", zone: "2" }, { node: "b" }])).toBe(false);
  expect(topology.isOf([{ node: "a", zone: "1" }])).toBe(false);
});

test("replicas count by node, by group and in all", () => {
  const places = ["a", "b", "c"].map((node, index) => ({ node, zone: index < 2 ? "near" : "far" }));
  const replicas = new ReplicaCounts(new Topology(places), new Map([["a", 2], ["b", 1]])); // biome-ignore format: pairs
  expect([replicas.total, replicas.onNode("a"), replicas.onNode("c")]).toEqual([3, 2, 0]);
  expect([...replicas.denseAt("zone")]).toEqual([3, 0]);
  expect([...replicas.denseAt("region")]).toEqual([3, 0]);
  expect(replicas.at("node")).toEqual({ groups: Int32Array.of(0, 1), counts: Float64Array.of(2, 1) });
});
