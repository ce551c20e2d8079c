import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { present } from "../../core/model/invariant.ts";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { scenarioOf } from "../../test/builders/placement-scenario.ts";
import { plantedScenario } from "../../test/builders/planted-scenario.ts";
import { anyRuledScenario } from "../../test/builders/ruled-scenarios.ts";
import { moveOrder } from "../placement/search/order-moves.ts";
import { hindranceTo } from "./hindrance.ts";

const scenario = scenarioOf({
  nodes: { a: 9, b: 9, full: 1, closed: 9 },
  services: {
    amf: { replicas: 3, initial: { a: 3 }, pinned: { a: 1 } },
    one: { replicas: 2, initial: { a: 1, b: 1 }, perNodeMax: 1 },
    kept: { initial: { a: 1 }, nodes: ["a", "b"] },
    stuck: { initial: { a: 1 }, pinned: { a: 1 } },
    filler: { initial: { full: 1 } },
  },
  traffic: [["amf", "filler", 1]],
});

const cases = [
  { name: "one to a node with room", move: { service: "amf", from: "a", to: "b" }, hindrance: undefined },
  { name: "one that gains nothing", move: { service: "filler", from: "full", to: "b" }, hindrance: undefined },
  { name: "one to a full node", move: { service: "amf", from: "a", to: "full" }, hindrance: /no room/ },
  { name: "one to a node that it may not be on", move: { service: "kept", from: "a", to: "closed" }, hindrance: /no room/ },
  { name: "one to a node that has its most", move: { service: "one", from: "a", to: "b" }, hindrance: /no room/ },
  { name: "one of pods that must stay", move: { service: "stuck", from: "a", to: "b" }, hindrance: /can leave/ },
  { name: "one of a workload that is gone", move: { service: "gone", from: "a", to: "b" }, hindrance: /can leave/ },
  { name: "one to a node that is gone", move: { service: "amf", from: "a", to: "gone" }, hindrance: /not in the cluster/ },
]; // biome-ignore format: a line a case

describe("what hinders", () => {
  test.each(cases)("$name", ({ move, hindrance }) => {
    const found = hindranceTo(move, scenario);
    if (hindrance) expect(found).toMatch(hindrance);
    else expect(found).toBeUndefined();
  });
});

/** By the whole scenario, which takes as long as that is large. */
function isHinderedInAll(
  scenario: PlacementScenario,
  { service: name, from, to }: Record<"service" | "from" | "to", string>,
) {
  const places = scenario.services.map(({ name: each, initial }) => {
    const now = new Map(initial);
    if (each === name) now.set(from, (now.get(from) ?? 0) - 1).set(to, (now.get(to) ?? 0) + 1);
    return [each, now] as const;
  });
  return moveOrder(scenario, new Map(places), 1).leftOut.some(({ because }) => because === "no-room");
}

/** On both sides often enough, and alike. */
function expectAlike(anyMoving: fc.Arbitrary<PlacementScenario>): void {
  let hindered = 0;
  fc.assert(
    fc.property(anyMoving, fc.nat(), fc.nat(), (all, drawn, target) => {
      const service = present(all.services[drawn % all.services.length], "service");
      const from = [...service.initial.keys()].find(
        (node) => (service.initial.get(node) ?? 0) > (service.pinned.get(node) ?? 0),
      );
      const to = present(all.nodes[target % all.nodes.length], "node").name;
      fc.pre(from !== undefined && to !== from);
      const move = { service: service.name, from: from ?? "", to };
      const isHindered = isHinderedInAll(all, move);
      hindered += isHindered ? 1 : 0;
      expect(hindranceTo(move, all) !== undefined).toBe(isHindered);
    }),
    { seed: 1, numRuns: RUNS },
  );
  expect(hindered).toBeGreaterThan(RUNS / 20);
  expect(hindered).toBeLessThan(RUNS - RUNS / 20);
}

const RUNS = 300;
const anyPlanted = fc
  .integer({ min: 1, max: 10_000 })
  .map((seed) => plantedScenario({ seed, pods: 30, noise: 0.3, fill: 0.8 }).scenario);

test("leaving out what does not concern the move changes nothing", () => expectAlike(anyPlanted));

test("nor does it where services spread and keep apart", () => expectAlike(anyRuledScenario));
