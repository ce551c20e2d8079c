import { describe, expect, test } from "vitest";
import type { Routing, SplitNetwork } from "../../../core/model/split-network.ts";
import { randomNetwork } from "../../../test/builders/random-network.ts";
import { certifiedSplit } from "../certified-split.ts";
import { checkSplit } from "../check-split.ts";
import { type SplitProblem, splitProblemOf } from "../split-problem.ts";
import { type ExactSplitOptions, exactSplit } from "./exact-split.ts";
import { variablesOf } from "./split-program.ts";
import { type HighsRuntime, loadHighs } from "./with-highs.ts";

const highs = await loadHighs();
const seeds = Array.from({ length: 30 }, (_, index) => index + 1);
const routings: readonly Routing[] = [{ kind: "ecmp" }, { kind: "free" }];

describe.each(routings)("with $kind routes", (routing) => {
  test("two libraries find the same optimum on random networks, and the checker and the certificate agree", () => {
    for (const seed of seeds) {
      const problem = problemOf({ ...randomNetwork(seed), routing });
      const byHighs = solved(problem, { slack: 0, highs, jslpVariablesMax: 0 });
      const byJslp = solved(problem, { slack: 0 });
      expect(byHighs.utilisation.max, `seed ${seed}`).toBeCloseTo(byJslp.utilisation.max, 6);
      for (const split of [byHighs, byJslp]) {
        expect(checkSplit(problem, split), `seed ${seed}`).toMatchObject({ kind: "checked" });
        expect(split.utilisation.max / split.lowerBound - 1, `seed ${seed}`).toBeLessThan(1e-6);
      }
    }
  });

  test("the second goal of both comes to the same delay, within the slack of the first", () => {
    for (const seed of seeds) {
      const problem = problemOf({ ...randomNetwork(seed), routing });
      const byHighs = solved(problem, { highs, jslpVariablesMax: 0 }).utilisation;
      const byJslp = solved(problem, {}).utilisation;
      expect(byHighs.max / solved(problem, { slack: 0 }).utilisation.max, `seed ${seed}`).toBeLessThan(1.01 + 1e-6);
      expect(byHighs.amountTimesDelay / byJslp.amountTimesDelay, `seed ${seed}`).toBeCloseTo(1, 3);
    }
  });
});

test("free routes are never worse than the shortest, and on some networks better", () => {
  const gains = seeds.map((seed) => {
    const network = randomNetwork(seed);
    const [ecmp, free] = routings.map((routing) => {
      const split = solved(problemOf({ ...network, routing }), { slack: 0, highs, jslpVariablesMax: 0 });
      return split.utilisation.max;
    });
    return (ecmp ?? 0) / (free ?? 0) - 1;
  });
  expect(Math.min(...gains)).toBeGreaterThan(-1e-6);
  expect(Math.max(...gains)).toBeGreaterThan(0.2);
});

test("chosen routes given back as a matrix are as good", () => {
  const network: SplitNetwork = { ...randomNetwork(4), routing: { kind: "free" } };
  const free = solved(problemOf(network), { slack: 0, highs });
  // Of pairs that had no traffic the matrix says nothing: their instances cannot be reached any more.
  const matrix = splitProblemOf({ ...network, routing: { kind: "matrix", routes: free.routes ?? [] } });
  if (matrix.kind === "unreachable") throw new Error(matrix.chain);
  expect(solved(matrix.problem, { slack: 0 }).utilisation.max).toBeCloseTo(free.utilisation.max, 6);
});

describe("a library that fails", () => {
  const problem = problemOf(randomNetwork(3));
  const broken = {
    ...highs,
    createModel: () => {
      throw new Error("memory access out of bounds");
    },
  } as unknown as HighsRuntime;

  test("is an answer with its reason", () => {
    expect(exactSplit(problem, { highs: broken, jslpVariablesMax: 0 })).toEqual({
      kind: "failed",
      reason: "memory access out of bounds",
    });
  });

  test("is not missed where the other one can do it", () => {
    expect(exactSplit(problem, { highs: broken })).toMatchObject({ kind: "split" });
  });

  test("by its time limit leaves nothing behind that could be taken for a split", () => {
    const answer = exactSplit(problem, { highs, jslpVariablesMax: 0, secondsMax: 0 });
    expect(answer).toMatchObject({ kind: "failed", reason: /its time used up/ });
  });
});

test("what is larger than allowed is refused with both numbers, free routes counted", () => {
  const problem = problemOf({ ...randomNetwork(3), routing: { kind: "free" } });
  const variables = variablesOf(problem);
  expect(variables).toBeGreaterThan(variablesOf(problemOf(randomNetwork(3))));
  expect(exactSplit(problem, { variablesMax: 10 })).toEqual({ kind: "too-large", variables, variablesMax: 10 });
});

function problemOf(network: SplitNetwork): SplitProblem {
  const result = splitProblemOf(network);
  if (result.kind === "unreachable") throw new Error(`${result.chain} is unreachable`);
  return result.problem;
}

function solved(problem: SplitProblem, options: Partial<ExactSplitOptions>) {
  const split = certifiedSplit(problem, (each) => exactSplit(each, options));
  if (split.kind !== "certified") throw new Error(JSON.stringify(split));
  return split;
}
