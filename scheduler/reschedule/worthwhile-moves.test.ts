import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyScenario, scenarioOf } from "../../test/builders/placement-scenario.ts";
import { TrafficCost } from "./traffic-cost.ts";
import { worthwhileMoves } from "./worthwhile-moves.ts";

/** Each of them talks to one other on node y, and could go there. */
const scenario = scenarioOf({
  nodes: { x: 99, y: 99 },
  services: {
    ...Object.fromEntries(["much", "some", "little", "none"].map((name) => [name, { initial: { x: 1 } }])),
    left: { initial: { y: 1 } },
    peer: { initial: { y: 1 } },
  },
  traffic: [
    ["much", "peer", 100],
    ["some", "peer", 10],
    ["little", "peer", 1],
    ["left", "peer", 30],
  ],
});
const to = (service: string) => ({ service, from: "x", to: "y" });
const away = { service: "left", from: "y", to: "x" };

const cases = [
  { name: "all that pay", moves: ["much", "some"].map(to), moveCost: 5, dipMax: 0, count: 2 },
  { name: "none behind the last that pays", moves: ["much", "some", "little"].map(to), moveCost: 5, dipMax: 0, count: 2 },
  { name: "one that makes way, if what follows pays for both", moves: ["none", "much"].map(to), moveCost: 5, dipMax: 0, count: 2 },
  { name: "none, if what follows does not", moves: ["none", "some"].map(to), moveCost: 6, dipMax: 0, count: 0 },
  { name: "none behind one that makes it worse than at first", moves: [away, to("much")], moveCost: 5, dipMax: 0, count: 0 },
  { name: "those behind one that makes it worse, as far as that is allowed", moves: [away, to("much")], moveCost: 5, dipMax: 30, count: 2 },
  { name: "one that loses some of what was gained, for more", moves: [to("some"), away, to("much")], moveCost: 1, dipMax: 20, count: 3 },
  { name: "none that cannot be made, but those behind", moves: [to("peer"), to("much")], moveCost: 5, dipMax: 0, count: 1 },
  { name: "none of nothing", moves: [], moveCost: 0, dipMax: 0, count: 0 },
]; // biome-ignore format: a line a case

describe("worth making are", () => {
  test.each(cases)("$name", ({ moves, moveCost, dipMax, count }) => {
    const cost = new TrafficCost(scenario);
    const before = cost.total;
    expect(worthwhileMoves(moves, cost, { moveCost, dipMax })).toHaveLength(count);
    expect(cost.total).toBeCloseTo(before, 9);
  });
});

test("gains are those of moves made in this order", () => {
  const worth = { moveCost: 0, dipMax: 30 };
  const moves = worthwhileMoves([to("some"), away, to("much")], new TrafficCost(scenario), worth);
  expect(moves.map(({ gain }) => gain)).toEqual([10, -30, 100]);
});

const anyMoves = fc.array(fc.record({ service: fc.nat(4), from: fc.nat(3), to: fc.nat(3) }), { maxLength: 12 });

test("whatever the moves, all of them together gain more than they cost, and none leaves it worse than at first", () => {
  let kept = 0;
  fc.assert(
    fc.property(anyScenario, anyMoves, fc.integer({ min: 0, max: 3 }), (any, drawn, moveCost) => {
      const moves = drawn.map(({ service, from, to: target }) => ({
        service: `s${service}`,
        from: `n${from}`,
        to: `n${target}`,
      }));
      const cost = new TrafficCost(any);
      const start = cost.total;
      const worthwhile = worthwhileMoves(moves, cost, { moveCost, dipMax: 0 });
      kept += worthwhile.length;
      for (const move of worthwhile) {
        expect(cost.make(move)).toBeCloseTo(move.gain, 6);
        expect(cost.total).toBeLessThan(start + 1e-6);
      }
      if (worthwhile.length > 0) expect(cost.total).toBeLessThan(start - moveCost * worthwhile.length + 1e-6);
    }),
    { numRuns: 1000 },
  );
  expect(kept).toBeGreaterThan(50);
});
