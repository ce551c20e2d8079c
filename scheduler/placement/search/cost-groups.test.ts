import { expect, test } from "vitest";
import { costGroupsOf } from "./cost-groups.ts";
import { NearNodes } from "./near-nodes.ts";
import { SeededRandom } from "./seeded-random.ts";

/** Nodes 0 to 3; racks 4 and 5 of two nodes, a zone 6 around rack 4, a region 7 around both, and a world 8 around that. */
const parent = Int32Array.of(4, 4, 5, 5, 6, 7, 7, 8, -1);

test("groups that hold the same nodes as a smaller one are dropped", () => {
  const groups = costGroupsOf({ parent, cost: Float64Array.of(0, 0, 0, 0, 1, 2, 3, 5, 9) }, 4);
  expect(groups).toEqual({
    groupCount: 7,
    parent: Int32Array.of(4, 4, 5, 5, 6, 6),
    // Nothing costs 9: the farthest two nodes are in one region.
    step: Float64Array.of(0.2, 0.2, 0.4, 0.4, 0.8, 0.6),
    saved: undefined,
  });
});

test("a group that costs as much as the one around it is dropped", () => {
  const groups = costGroupsOf({ parent, cost: Float64Array.of(0, 0, 0, 0, 5, 2, 5, 5, 5) }, 4);
  expect([groups.groupCount, [...groups.parent]]).toEqual([6, [5, 5, 4, 4, 5]]);
});

test("nodes that cost something by themselves save less", () => {
  const groups = costGroupsOf({ parent, cost: Float64Array.of(1, 0, 2, 0, 3, 3, 4, 4, 4) }, 4);
  expect([...(groups.saved ?? [])]).toEqual([0.75, 1, 0.5, 1]);
});

test("where nothing can be saved all steps are 0", () => {
  const { step } = costGroupsOf({ parent, cost: new Float64Array(9).fill(3) }, 4);
  expect([...step]).toEqual([0, 0, 0, 0]);
  expect(costGroupsOf({ parent: Int32Array.of(-1), cost: Float64Array.of(0) }, 1)).toMatchObject({ groupCount: 2 });
});

test("nodes in the same rack are drawn more often than those beyond it", () => {
  const groups = costGroupsOf({ parent, cost: Float64Array.of(0, 0, 0, 0, 1, 2, 3, 5, 9) }, 4);
  const near = new NearNodes({ ...groups, nodeCount: 4 });
  const random = new SeededRandom(1);
  const counts = [0, 0, 0, 0];
  for (let draw = 0; draw < 10_000; draw++) {
    const node = near.drawBeside(0, random);
    counts[node] = (counts[node] ?? 0) + 1;
  }
  const [own = 0, rack = 0, far = 0, farther = 0] = counts;
  expect(own).toBeGreaterThan(7000);
  expect(rack / (far + farther)).toBeCloseTo((0.25 + 0.125) / 0.25, 0);
  expect(Math.min(far, farther)).toBeGreaterThan(200);
});
