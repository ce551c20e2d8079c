import fc from "fast-check";
import { expect, test } from "vitest";
import { anyPlaces } from "../../test/builders/places.ts";
import { costBetween, costTreeOf } from "./cost-tree.ts";
import { defaultLocalityCosts, localityBetween, type Place } from "./locality.ts";
import { Topology } from "./topology.ts";

const labelled = (places: readonly Place[]) =>
  costTreeOf(new Topology(places), (locality) => defaultLocalityCosts[locality]);

test("a byte between two nodes costs their locality", () => {
  fc.assert(
    fc.property(anyPlaces, (places) => {
      const tree = labelled(places);
      for (const [i, a] of places.entries())
        for (const [j, b] of places.entries())
          expect(costBetween(tree, i, j)).toBe(defaultLocalityCosts[localityBetween(a, b)]);
    }),
  );
});

test("every group but a node holds more nodes than any group in it, and the last one holds all", () => {
  fc.assert(
    fc.property(anyPlaces, (places) => {
      const { parent } = labelled(places);
      const children = Array.from(parent, () => 0);
      for (const [group, around] of parent.entries()) {
        expect(around === -1 ? parent.length : around).toBeGreaterThan(group);
        if (around >= 0) children[around] = (children[around] ?? 0) + 1;
      }
      for (const count of children.slice(places.length)) expect(count).toBeGreaterThan(1);
      expect(parent.indexOf(-1)).toBe(parent.length - 1);
    }),
  );
});

test("each group may have a cost of its own, and none costs more than the group around it", () => {
  const places = ["a", "b", "c", "d"].map((node, index) => ({ node, zone: index < 2 ? "near" : "far" }));
  const zones = [1, 7];
  const tree = costTreeOf(new Topology(places), (locality, group) =>
    locality === "zone" ? (zones[group] ?? 0) : locality === "other" ? 4 : 0,
  );
  expect([costBetween(tree, 0, 1), costBetween(tree, 2, 3), costBetween(tree, 0, 3)]).toEqual([1, 4, 4]);
});

test("a node alone is the group that holds all", () => {
  const tree = labelled([{ node: "a", zone: "z" }]);
  expect([[...tree.parent], costBetween(tree, 0, 0)]).toEqual([[-1], 0]);
});
