/**
 * Why one move at a time: agents that all go at once to where they were best off by an old state of the others never settle. Published
 * for labels in a network (Raghavan, Albert and Kumara, Near linear time algorithm to detect community structures in large-scale
 * networks, Phys. Rev. E 76, 036106, 2007: updates at once oscillate where the network is bipartite, or nearly so, as traffic between
 * callers and called is; updates one by one do not), and for tasks that choose servers by old loads (Mitzenmacher, How Useful Is Old
 * Information?, IEEE TPDS 11(1), 2000).
 */
import { describe, expect, test } from "vitest";
import type { PlacementScenario, ScenarioService } from "../../core/model/placement-scenario.ts";
import { randomScenario } from "../../test/builders/random-scenario.ts";
import { planOnce } from "../planning/plan-once.ts";
import { proposalOf, replicaMove } from "./move-proposal.ts";
import { type ReplicaMove, TrafficCost } from "./traffic-cost.ts";

const ROUNDS = 40;
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

/** Nodes have room for everything, so that nothing but the old state keeps pods from where they are best off. */
function roomy(seed: number): PlacementScenario {
  const { services, traffic, nodes, ...scenario } = randomScenario(seed);
  return {
    ...scenario,
    nodes: nodes.map(({ name }) => ({ name, capacity: [1000, 1000] })),
    services: services.map((service) => ({ ...service, name: `core/${service.name}` })),
    traffic: traffic.map(({ from, to, weight }) => ({ from: `core/${from}`, to: `core/${to}`, weight })),
  };
}

/** For every replica, the node where it would be best off if nobody else moved. */
function bestMoves(scenario: PlacementScenario): readonly ReplicaMove[] {
  const cost = new TrafficCost(scenario);
  return scenario.services.flatMap(({ name, initial, nodes = scenario.nodes.map((node) => node.name) }) =>
    [...initial].flatMap(([from, count]) => {
      const gains = nodes.map((to) => ({ to, gain: cost.gainOf({ service: name, from, to }) ?? 0 }));
      const best = gains.reduce((most, each) => (each.gain > most.gain + 1e-9 ? each : most), { to: from, gain: 0 });
      return best.to === from ? [] : Array<ReplicaMove>(count).fill({ service: name, from, to: best.to });
    }),
  );
}

function after(scenario: PlacementScenario, moves: readonly ReplicaMove[]): PlacementScenario {
  const services = scenario.services.map((service): ScenarioService => {
    const initial = new Map(service.initial);
    for (const { from, to } of moves.filter((move) => move.service === service.name)) {
      initial.set(from, (initial.get(from) ?? 0) - 1);
      initial.set(to, (initial.get(to) ?? 0) + 1);
    }
    return { ...service, initial: new Map([...initial].filter(([, count]) => count > 0)) };
  });
  return { ...scenario, services };
}

/** What traffic costs round after round, the start included, until nobody moves any more. */
function costs(start: PlacementScenario, movesOf: (scenario: PlacementScenario) => readonly ReplicaMove[]): number[] {
  const seen: number[] = [];
  let scenario = start;
  while (seen.length <= ROUNDS) {
    seen.push(new TrafficCost(scenario).total);
    const moves = movesOf(scenario);
    if (moves.length === 0) break;
    scenario = after(scenario, moves);
  }
  return seen;
}

/** One plan at a time, as the rescheduler makes them, each of whose moves is seen by those after it. */
function plannedMoves(scenario: PlacementScenario): readonly ReplicaMove[] {
  const order = { seed: 1, movesMax: 3, stepsMax: 3000, millisecondsMax: 60_000, hasMoves: true };
  const { moves = [] } = planOnce(scenario, order);
  const limits = { moveCost: 0, moveCostPart: 0.001, dipMax: 0, flowsAgeMs: 0 };
  return proposalOf(moves, scenario, limits)?.moves.map(replicaMove) ?? [];
}

function risesIn(seen: readonly number[]): number {
  return seen.filter((cost, round) => cost > (seen[round - 1] ?? Infinity) + 1e-6).length;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

test("two that call each other change places for ever when both go to the other at once", () => {
  const service = { request: [1, 1], nodes: undefined, perNodeMax: undefined, pinned: new Map() };
  const on = (name: string, node: string) => ({ ...service, name, replicas: 1, initial: new Map([[node, 1]]) });
  const pair: PlacementScenario = {
    name: "pair",
    resources: ["cpu", "memory"],
    nodes: ["x", "y"].map((name) => ({ name, capacity: [9, 9] })),
    services: [on("core/caller", "x"), on("core/called", "y")],
    traffic: [{ from: "core/caller", to: "core/called", weight: 10 }],
  };
  expect(costs(pair, bestMoves)).toEqual(Array(ROUNDS + 1).fill(10));
  expect(costs(pair, plannedMoves)).toEqual([10, 0]);
});

describe("on twenty random clusters with room for everything", () => {
  const atOnce = seeds.map((seed) => costs(roomy(seed), bestMoves));
  const planned = seeds.map((seed) => costs(roomy(seed), plannedMoves));

  test("all at once, most never settle, and traffic costs more again and again", () => {
    const restless = atOnce.filter((seen) => seen.length > ROUNDS);
    expect(restless.length).toBeGreaterThan(seeds.length / 2);
    expect(restless.filter((seen) => risesIn(seen) > ROUNDS / 8).length).toBeGreaterThan(seeds.length / 2);
  });

  test("plan by plan, each settles, and traffic never costs more than before", () => {
    for (const seen of planned) {
      expect(seen.length).toBeLessThanOrEqual(ROUNDS);
      expect(risesIn(seen)).toBe(0);
    }
  });

  test("plan by plan, traffic costs less than half in the end of what it costs all at once", () => {
    const last = (all: readonly (readonly number[])[]) => mean(all.map((seen) => mean(seen.slice(-ROUNDS / 2))));
    const settled = mean(planned.map((seen) => seen.at(-1) ?? 0));
    expect(settled).toBeLessThan(last(atOnce) / 2);
  });
});
