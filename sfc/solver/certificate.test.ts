import fc from "fast-check";
import { expect, test } from "vitest";
import { randomNetwork } from "../../test/builders/random-network.ts";
import { lowerBoundOf } from "./certificate.ts";
import { certificateWeights } from "./certificate-weights.ts";
import { flowsBy } from "./out-fractions.ts";
import { splitProblemOf } from "./split-problem.ts";
import { utilisationOf } from "./utilisation.ts";

const problems = Array.from({ length: 20 }, (_, index) => {
  const result = splitProblemOf(randomNetwork(100 + index));
  if (result.kind === "unreachable") throw new Error(`seed ${100 + index} is unreachable`);
  return result.problem;
});
const anyProblem = fc.constantFrom(...problems);
const anyNumbers = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 200, maxLength: 200 });

test("whatever the weights of resources, the bound is below whatever split", () => {
  fc.assert(
    fc.property(anyProblem, anyNumbers, anyNumbers, (problem, weights, choices) => {
      const flows = problem.graphs.map((graph) =>
        flowsBy(graph, (_, leaving) => leaving.map((arc) => choices[arc % choices.length] ?? 0)),
      );
      const bound = lowerBoundOf(problem, Float64Array.from(weights.slice(0, problem.resources.length)));
      expect(bound).toBeLessThanOrEqual(utilisationOf(problem, flows).max);
    }),
  );
});

test.each([
  { name: "all are 0", weights: [0, 0, 0] },
  { name: "all are below 0", weights: [-1, -2, -3] },
  { name: "all are no numbers", weights: [Number.NaN, Number.NaN, Infinity] },
])("weights of which $name prove nothing", ({ weights }) => {
  const [problem] = problems;
  expect(problem && lowerBoundOf(problem, Float64Array.from(weights))).toBe(0);
});

test("a fixed number of rounds finds weights whose bound is a good part of the optimum", () => {
  for (const [index, problem] of problems.entries()) {
    const found = lowerBoundOf(problem, certificateWeights(problem));
    const uniform = lowerBoundOf(problem, new Float64Array(problem.resources.length).fill(1));
    expect(found, `seed ${100 + index}`).toBeGreaterThanOrEqual(uniform);
    expect(found, `seed ${100 + index}`).toBeGreaterThan(0);
  }
});
