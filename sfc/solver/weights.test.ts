import fc from "fast-check";
import { expect, test } from "vitest";
import { hopWeightSum } from "../../core/model/chain.ts";
import { randomNetwork } from "../../test/builders/random-network.ts";
import { exactSplit } from "./exact/exact-split.ts";
import { largestRemainder } from "./largest-remainder.ts";
import { type SplitProblem, splitProblemOf } from "./split-problem.ts";
import { utilisationOf } from "./utilisation.ts";
import { weightedHops } from "./weights.ts";

const equal = (_: unknown, leaving: readonly number[]) => leaving.map(() => 1);

test("integers in proportion sum to the sum, each within 1 of its share", () => {
  const parts = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 50 });
  fc.assert(
    fc.property(parts, (all) => {
      const integers = largestRemainder(all, hopWeightSum);
      const total = all.reduce((a, b) => a + b, 0);
      expect(integers.reduce((a, b) => a + b, 0)).toBe(hopWeightSum);
      for (const [index, part] of all.entries()) {
        const exact = total > 0 ? (part / total) * hopWeightSum : hopWeightSum / all.length;
        expect(Math.abs((integers[index] ?? 0) - exact)).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("thirds round to 3334, 3333, 3333", () => {
  expect(largestRemainder([1, 1, 1], hopWeightSum)).toEqual([3334, 3333, 3333]);
});

test("on every hop the weights of one `from` sum to 10,000, also where the split leaves it idle", () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const problem = problemOf(seed);
    for (const { hops, graph } of weighted(problem)) {
      expect(hops).toHaveLength(graph.chain.functions.length + 1);
      const sums = new Map<string, number>();
      for (const [hop, weights] of hops.entries())
        for (const { from, weight } of weights) sums.set(`${hop} ${from}`, (sums.get(`${hop} ${from}`) ?? 0) + weight);
      expect([...new Set(sums.values())], `seed ${seed}`).toEqual([hopWeightSum]);
      const inner = graph.vertices.filter(({ layer }) => layer <= graph.chain.functions.length);
      expect(sums.size).toBe(inner.length);
    }
  }
});

test("rounding to integers loses less than a thousandth of the utilisation", () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const problem = problemOf(seed);
    const exact = flowsOf(problem);
    const rounded = weighted(problem).map(({ flows }) => flows);
    const [before, after] = [utilisationOf(problem, exact).max, utilisationOf(problem, rounded).max];
    expect(Math.abs(after - before) / before, `seed ${seed}`).toBeLessThan(1e-3);
  }
});

function weighted(problem: SplitProblem) {
  const flows = flowsOf(problem);
  return problem.graphs.map((graph, index) => ({
    graph,
    ...weightedHops(graph, flows[index] ?? new Float64Array(), equal),
  }));
}

function flowsOf(problem: SplitProblem) {
  const split = exactSplit(problem);
  if (split.kind !== "split") throw new Error(JSON.stringify(split));
  return split.flows;
}

function problemOf(seed: number): SplitProblem {
  const result = splitProblemOf(randomNetwork(seed));
  if (result.kind === "unreachable") throw new Error(`seed ${seed} is unreachable`);
  return result.problem;
}
