/** What holds of every plan that is carried out, whatever happens meanwhile. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { evictedAtMs, type MoveProgress, planPhases } from "../../core/model/placement-plan.ts";
import type { Pod } from "../../core/model/pod.ts";
import { scenarioOfPods, standingPod } from "../../test/builders/plan-situation.ts";
import { SimulatedMoves } from "../../test/builders/simulated-moves.ts";
import { planOnce } from "../planning/plan-once.ts";
import { budgetPeriodMs } from "./move-budget.ts";
import { proposalOf } from "./move-proposal.ts";

const workloads = ["amf", "smf", "udm", "nrf"];
const order = { seed: 1, movesMax: 6, stepsMax: 2000, millisecondsMax: 10_000, hasMoves: true };

/** Pods that stand anywhere, what they exchange, and the moves that are worth making. */
const anyPlan = fc
  .record({
    standing: fc.array(fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }), { minLength: 4, maxLength: 4 }),
    weights: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 3, maxLength: 3 }),
  })
  .map(({ standing, weights }) => {
    const pods = standing.flatMap((nodes, at): Pod[] =>
      nodes.map((node, index) =>
        standingPod({ name: `${workloads[at]}-${index}`, on: ["a", "b", "c"][node], age: index }),
      ),
    );
    const traffic = Object.fromEntries(
      weights.map((weight, at) => [`${workloads[at]}>${workloads[at + 1]}`, weight * 100]),
    );
    const scenario = scenarioOfPods(pods, traffic, { a: 5, b: 5, c: 5 });
    const { moves: ordered = [] } = planOnce(scenario, order);
    const proposal = proposalOf(ordered, scenario, { moveCost: 0, moveCostPart: 0.01, dipMax: 0, flowsAgeMs: 0 });
    const moves = (proposal?.moves ?? []).map(
      ({ workload: { name }, from, to, gain }) => `core/${name}:${from}>${to}=${gain}`,
    );
    return { pods, traffic, moves };
  })
  .filter(({ moves }) => moves.length > 0);

/** Those that it may have. */
function podsTakenBy(move: MoveProgress): readonly string[] {
  if (move.state === "Skipped") return move.chosen ? [move.chosen.podUid] : [];
  return [move.podUid];
}

const anyEvents = fc.array(fc.nat(1_000_000), { minLength: 200, maxLength: 400 });

test("no pod but the chosen one is evicted for a move, none before it is written down, and one at a time", () => {
  const seen = { evictions: 0, ...Object.fromEntries(planPhases.map((phase) => [phase, 0])) } as Record<string, number>;
  fc.assert(
    fc.property(anyPlan, anyEvents, fc.boolean(), (plan, events, isObeyed) => {
      const world = new SimulatedMoves({ ...plan, isObeyed, limits: {} });
      for (const draw of events) world.happen(draw);
      for (const { uid, status } of world.evicted) {
        expect(status.moves.at(-1)).toMatchObject({ state: "Evicting", podUid: uid });
        for (const before of status.moves.slice(0, -1)) expect(["Moved", "Skipped"]).toContain(before.state);
      }
      const uids = world.evicted.map(({ uid }) => uid);
      expect(new Set(uids).size).toBe(uids.length);
      const taken = world.plan.status.moves.flatMap(podsTakenBy);
      expect(taken).toEqual(expect.arrayContaining(uids));
      seen.evictions = (seen.evictions ?? 0) + uids.length;
      seen[world.plan.status.phase] = (seen[world.plan.status.phase] ?? 0) + 1;
    }),
    { numRuns: 150 },
  );
  expect(seen.evictions).toBeGreaterThan(200);
  expect(seen.Done).toBeGreaterThan(20);
  expect(seen.Abandoned).toBeGreaterThan(20);
});

test("between two moves traffic never costs more than before the plan, as long as pods go where they are meant to", () => {
  let moves = 0;
  fc.assert(
    fc.property(anyPlan, anyEvents, (plan, events) => {
      const world = new SimulatedMoves({ ...plan, isObeyed: true, limits: {} });
      const start = world.cost;
      for (const draw of events) {
        world.happen(draw);
        if (!world.isUnderWay) expect(world.cost).toBeLessThanOrEqual(start + 1e-6);
      }
      moves += world.evicted.length;
      if (world.plan.status.phase === "Done") expect(world.cost).toBeLessThan(start);
    }),
    { numRuns: 100 },
  );
  expect(moves).toBeGreaterThan(100);
});

test("the hour's moves are never exceeded, whoever leads and however the clock steps", () => {
  let held = 0;
  fc.assert(
    fc.property(anyPlan, anyEvents, (plan, events) => {
      const world = new SimulatedMoves({ ...plan, isObeyed: true, limits: { movesPerHourMax: 1 } });
      for (const draw of events) world.happen(draw);
      const atMs = world.plan.status.moves.flatMap((move) => evictedAtMs(move) ?? []);
      for (const ms of atMs)
        expect(atMs.filter((other) => other >= ms && other < ms + budgetPeriodMs).length).toBeLessThanOrEqual(1);
      if (world.plan.status.reason === "HourlyMovesMade") held += 1;
    }),
    { numRuns: 100 },
  );
  expect(held).toBeGreaterThan(10);
});
