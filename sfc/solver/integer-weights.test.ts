import fc from "fast-check";
import { expect, test } from "vitest";
import { arcsLeaving } from "../../core/graph/layered-arcs.ts";
import { hopWeightSum } from "../../core/model/chain.ts";
import { randomNetwork } from "../../test/builders/random-network.ts";
import { exactSplit } from "./exact/exact-split.ts";
import { integerWeights } from "./integer-weights.ts";
import { largestRemainder } from "./largest-remainder.ts";
import { type SplitProblem, splitProblemOf } from "./split-problem.ts";
import { utilisationOf } from "./utilisation.ts";
import { weightedHops } from "./weighted-hops.ts";

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

test.each([
  { sum: 10_000, loss: 1e-3 },
  { sum: 100, loss: 0.02 },
])("rounding to integers that sum to $sum loses less than $loss of the utilisation", ({ sum, loss }) => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const problem = problemOf(seed);
    const exact = flowsOf(problem);
    const { flows } = integerWeights(problem, exact, { sum, spare: equal });
    const [before, after] = [utilisationOf(problem, exact).max, utilisationOf(problem, flows).max];
    expect((after - before) / before, `seed ${seed}`).toBeLessThan(loss);
  }
});

test("with few steps to give away, the fullest instance gets none: 1 / 3 of 100 is 33 for it and 34 for the others", () => {
  const base = problemOf(1).network;
  const instances = [1, 2, 2].map((capacity, index) => ({ name: `f${index}`, node: "n0", capacity }));
  const chains = [chain("large", 4), chain("small", 2)];
  const network = { ...base, functions: new Map([["f0", instances]]), chains };
  const prepared = splitProblemOf(network);
  if (prepared.kind === "unreachable") throw new Error(prepared.chain);
  const { problem } = prepared;
  const thirds = problem.graphs.map((graph) => new Float64Array(graph.heads.length).fill(1 / 3));
  const { weights } = integerWeights(problem, thirds, { sum: 100, spare: equal });
  expect(weights.map((ofChain) => [...ofChain.slice(0, 3)])).toEqual([
    [33, 34, 33],
    [33, 33, 34],
  ]);
});

test("of a row each weight is within 1 of its share, and arcs without flow get none", () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const problem = problemOf(seed);
    const exact = flowsOf(problem);
    const { weights } = integerWeights(problem, exact, { sum: 100, spare: equal });
    for (const [index, graph] of problem.graphs.entries())
      for (const vertex of graph.vertices.keys()) {
        const parts = arcsLeaving(graph, vertex).map((arc) => exact[index]?.[arc] ?? 0);
        const total = parts.reduce((a, b) => a + b, 0);
        for (const [position, arc] of total > 0 ? arcsLeaving(graph, vertex).entries() : []) {
          const share = (100 * (parts[position] ?? 0)) / total;
          const weight = weights[index]?.[arc] ?? Number.NaN;
          expect(Math.abs(weight - share), `seed ${seed}`).toBeLessThanOrEqual(1);
          if (share === 0) expect(weight, `seed ${seed}`).toBe(0);
        }
      }
  }
});

function chain(name: string, demand: number) {
  const end = { name: "end", node: "n0", capacity: Infinity };
  const sources = [{ name: "n0", node: "n0", share: 1 }];
  return { name, sources, functions: ["f0"], scaling: [1], destinations: [end], demand, latencyMsMax: undefined };
}

function weighted(problem: SplitProblem) {
  const { weights } = integerWeights(problem, flowsOf(problem), { spare: equal });
  return problem.graphs.map((graph, index) => ({
    graph,
    hops: weightedHops(graph, weights[index] ?? new Int32Array()),
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
