import { expect, test } from "vitest";
import { placementOfWords, scenarioOf } from "../../test/builders/placement-scenario.ts";
import { plantedScenario } from "../../test/builders/planted-scenario.ts";
import { planPlacement } from "../placement/search/plan-placement.ts";
import { answerOf } from "./plan-answer.ts";

const scenario = scenarioOf({
  nodes: { a: 2, b: 2 },
  services: { front: { initial: { a: 1 } }, back: { initial: { a: 1 } } },
  traffic: [["front", "back", 1]],
});
const circumstances = { seed: 1, seconds: 1, movesMax: 1 };
const answer = (placement: Readonly<Record<string, Readonly<Record<string, number>>>>) =>
  answerOf(
    scenario,
    { kind: "planned", placement: placementOfWords(placement), start: new Map(), fewerMoves: [] },
    circumstances,
  );

const broken = [
  { name: "breaks a limit", placement: { front: { a: 2 }, back: { a: 1 } }, message: /breaks a limit.*replicas/ },
  { name: "moves too much", placement: { front: { b: 1 }, back: { b: 1 } }, message: /moves 2 replicas, of 1/ },
  { name: "makes things worse", placement: { front: { b: 1 }, back: { a: 1 } }, message: /less than the start/ },
];

test.each(broken)("a plan that $name is not written", ({ placement, message }) => {
  expect(() => answer(placement)).toThrow(message);
});

test("a plan that holds is", () => {
  expect(answer({ front: { a: 1 }, back: { a: 1 } })).toMatchObject({ gainedAffinity: 1, moves: 0 });
});

test("fewer moves never buy more", () => {
  const scattered = plantedScenario({ seed: 1, pods: 800, noise: 0.1, fill: 0.9 }).scenario;
  const movesMax = Infinity;
  const plan = planPlacement(scattered, { effort: { limit: { kind: "steps", stepsMax: 200_000 } }, seed: 1, movesMax });
  if (plan.kind !== "planned") throw new Error(plan.service);
  const { curve, moves, initialGainedAffinity } = answerOf(scattered, plan, { seed: 1, seconds: 1, movesMax });
  expect(curve.map((point) => point.moves)).toEqual([50, 100, 200, 500, moves]);
  const gains = [initialGainedAffinity, ...curve.map(({ gainedAffinity }) => gainedAffinity)];
  expect(gains).toEqual(gains.toSorted((a, b) => a - b));
});
