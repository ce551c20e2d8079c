import fc from "fast-check";
import { expect, test } from "vitest";
import { anyCostTree } from "../../test/builders/cost-trees.ts";
import { clusterDelays } from "./clustered-costs.ts";
import { costBetween } from "./cost-tree.ts";

/** Two near pairs of nodes, far from each other. */
const zones = [
  [0, 1, 9, 9],
  [1, 0, 9, 9],
  [9, 9, 0, 2],
  [9, 9, 2, 0],
];

test("what is near is a group, and costs what its delays are", () => {
  const { tree, errorMax } = clusterDelays(zones);
  expect([costBetween(tree, 0, 1), costBetween(tree, 2, 3), costBetween(tree, 0, 3)]).toEqual([1, 2, 9]);
  expect([costBetween(tree, 1, 1), errorMax]).toEqual([0, 0]);
});

test("delays that come from a tree come to that tree again", () => {
  const anyTable = fc.integer({ min: 1, max: 9 }).chain((count) =>
    anyCostTree(count).map((tree) => {
      const nodes = Array.from({ length: count }, (_, node) => node);
      return nodes.map((i) => nodes.map((j) => costBetween(tree, i, j)));
    }),
  );
  fc.assert(
    fc.property(anyTable, (table) => {
      const { tree, errorMax, errorMean } = clusterDelays(table);
      for (const [i, row] of table.entries())
        for (const [j, delay] of row.entries()) expect(costBetween(tree, i, j)).toBeCloseTo(delay, 9);
      expect([errorMax, errorMean]).toEqual([expect.closeTo(0, 9), expect.closeTo(0, 9)]);
    }),
  );
});

test("of any delays it is a tree, and its distance from them is what pairs differ by", () => {
  const anyTable = fc
    .integer({ min: 2, max: 8 })
    .chain((count) => fc.array(fc.array(fc.nat(20), { minLength: count, maxLength: count }), { minLength: count, maxLength: count })); // biome-ignore format: a table
  fc.assert(
    fc.property(anyTable, (table) => {
      const { tree, errorMax, errorMean } = clusterDelays(table);
      for (const [group, around] of tree.parent.entries()) {
        if (around < 0) continue;
        expect(around).toBeGreaterThan(group);
        expect(tree.cost[around]).toBeGreaterThanOrEqual(tree.cost[group] ?? 0);
      }
      const pairs = table.flatMap((row, i) => row.flatMap((delay, j) => (i === j ? [] : [{ i, j, delay }])));
      const mean = pairs.reduce((sum, { delay }) => sum + delay, 0) / pairs.length;
      const errors = pairs.map(({ i, j, delay }) => Math.abs(costBetween(tree, i, j) - delay) / (delay || mean || 1));
      expect(errorMax).toBeCloseTo(Math.max(...errors), 9);
      expect(errorMean).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / errors.length, 9);
    }),
  );
});

test("groups are merged by the mean of their delays, both directions together", () => {
  const table = [
    [0, 1, 6],
    [3, 0, 10],
    [4, 8, 0],
  ];
  const { tree } = clusterDelays(table);
  expect([costBetween(tree, 0, 1), costBetween(tree, 0, 2), costBetween(tree, 1, 2)]).toEqual([2, 7, 7]);
});
