import { describe, expect, test } from "vitest";
import type { NetworkChain, SplitNetwork } from "../../core/model/split-network.ts";
import { randomNetwork } from "../../test/builders/random-network.ts";
import { certifiedSplit } from "./certified-split.ts";
import { checkWays } from "./checker.ts";
import { exactSplit } from "./exact/exact-split.ts";
import { type SolverName, solverNamed, solverNames } from "./solvers.ts";
import { type SplitProblem, type SplitSolver, splitProblemOf } from "./split-problem.ts";
import { waysOf } from "./ways.ts";

const seeds = Array.from({ length: 60 }, (_, index) => index + 1);
const sharpExact: SplitSolver = (problem) => exactSplit(problem, { slack: 0 });

describe("on random small networks", () => {
  test("every solver's split is one, and its utilisation is what the checker finds", () => {
    for (const seed of seeds) {
      const problem = problemOf(randomNetwork(seed));
      for (const name of solverNames) {
        const split = solved(problem, named(name));
        const ways = new Map(
          problem.graphs.map((graph, index) => [graph.chain.name, waysOf(graph, flowsAt(split, index))]),
        );
        const verdict = checkWays(problem.network, ways);
        expect(verdict, `seed ${seed}, ${name}`).toMatchObject({ kind: "valid" });
        if (verdict.kind === "valid") expect(verdict.maxUtilisation).toBeCloseTo(split.utilisation.max, 9);
      }
    }
  });

  test("no baseline beats the exact split, and its certificate proves that nothing can", () => {
    for (const seed of seeds) {
      const problem = problemOf(randomNetwork(seed));
      const exact = solved(problem, sharpExact);
      expect(exact.utilisation.max / exact.lowerBound - 1, `seed ${seed}`).toBeLessThan(1e-6);
      expect(exact.lowerBound, `seed ${seed}`).toBeLessThanOrEqual(exact.utilisation.max);
      for (const name of solverNames) {
        const other = solved(problem, named(name));
        expect(other.utilisation.max, `seed ${seed}, ${name}`).toBeGreaterThanOrEqual(exact.lowerBound);
        expect(other.lowerBound, `seed ${seed}, ${name}`).toBeLessThanOrEqual(exact.utilisation.max);
      }
    }
  });

  test("the slack buys delay, and costs no more than itself", () => {
    let savings = 0;
    for (const seed of seeds) {
      const problem = problemOf(randomNetwork(seed));
      const [sharp, slack] = [solved(problem, sharpExact), solved(problem, named("exact"))];
      expect(slack.utilisation.max, `seed ${seed}`).toBeLessThanOrEqual(sharp.utilisation.max * 1.01 + 1e-6);
      expect(slack.utilisation.amountTimesDelay).toBeLessThanOrEqual(sharp.utilisation.amountTimesDelay + 1e-6);
      savings += sharp.utilisation.amountTimesDelay - slack.utilisation.amountTimesDelay;
    }
    expect(savings).toBeGreaterThan(0);
  });
});

/** Two instances, one three times as large, at the far end of two links; nothing else is limited. */
const uneven: SplitNetwork = {
  name: "uneven",
  routing: { kind: "ecmp" },
  nodes: ["a", "b", "c"],
  links: [
    { from: "a", to: "b", capacity: 100, latencyMs: 1 },
    { from: "a", to: "c", capacity: 100, latencyMs: 2 },
    { from: "b", to: "a", capacity: 100, latencyMs: 1 },
    { from: "c", to: "a", capacity: 100, latencyMs: 2 },
  ],
  functions: new Map([
    [
      "dpi",
      [
        { name: "small", node: "b", capacity: 1 },
        { name: "large", node: "c", capacity: 3 },
      ],
    ],
  ]),
  chains: [chain({ demand: 2 })],
};

const solvedByHand: readonly { name: string; solver: SolverName; network: SplitNetwork; utilisation: number }[] = [
  { name: "round-robin overfills the small instance", solver: "round-robin", network: uneven, utilisation: 1 },
  { name: "nearest overfills it twice", solver: "nearest", network: uneven, utilisation: 2 },
  { name: "capacity-weighted fills both alike", solver: "capacity-weighted", network: uneven, utilisation: 0.5 },
  {
    name: "exact keeps the slack of 1 % for the nearer instance",
    solver: "exact",
    network: uneven,
    utilisation: 0.505,
  },
  {
    name: "exact sees a thin link that capacities do not show: 1.6 of 10 over it, 0.4 of 1 beside it",
    solver: "exact",
    network: { ...uneven, links: uneven.links.map((link) => (link.to === "c" ? { ...link, capacity: 2 } : link)) },
    utilisation: (2 / 3) * 1.01,
  },
  {
    name: "a function that shrinks traffic relieves the links behind it, where 2 / 3 would be 2",
    solver: "exact",
    network: {
      ...uneven,
      links: uneven.links.map((link) => ({ ...link, capacity: link.to === "a" ? 0.5 : 100 })),
      chains: [chain({ demand: 2, scaling: [0.25] })],
    },
    utilisation: (2 / 3) * 1.01,
  },
];

test.each(solvedByHand)("$name", ({ solver, network, utilisation }) => {
  expect(solved(problemOf(network), named(solver)).utilisation.max).toBeCloseTo(utilisation, 6);
});

test("the certificate of the hand-solved network is its optimum", () => {
  expect(solved(problemOf(uneven), named("exact")).lowerBound).toBeCloseTo(0.5, 9);
});

test("the exact solver refuses what is too large for it", () => {
  expect(exactSplit(problemOf(uneven), { variablesMax: 3 })).toEqual({
    kind: "too-large",
    variables: 4,
    variablesMax: 3,
  });
});

test("where nothing is limited the utilisation is 0 and delay decides", () => {
  const links = uneven.links.map((link) => ({ ...link, capacity: Infinity }));
  const functions = new Map([
    ["dpi", (uneven.functions.get("dpi") ?? []).map((one) => ({ ...one, capacity: Infinity }))],
  ]);
  const split = solved(problemOf({ ...uneven, links, functions }), named("exact"));
  expect(split.utilisation).toMatchObject({ max: 0, bottleneck: undefined, amountTimesDelay: 2 * 2 });
  expect(split.lowerBound).toBe(0);
});

test.each([1e-9, 1e-3, 1e9])("capacities and demands %d times as large give the same split", (factor) => {
  const base = randomNetwork(7);
  const scaled: SplitNetwork = {
    ...base,
    links: base.links.map((link) => ({ ...link, capacity: link.capacity * factor })),
    functions: new Map(
      [...base.functions].map(([name, all]) => [name, all.map((one) => ({ ...one, capacity: one.capacity * factor }))]),
    ),
    chains: base.chains.map((each) => ({ ...each, demand: each.demand * factor })),
  };
  const [before, after] = [base, scaled].map((network) => solved(problemOf(network), sharpExact));
  expect(after?.utilisation.max).toBeCloseTo(before?.utilisation.max ?? 0, 9);
  expect(after?.lowerBound).toBeCloseTo(before?.lowerBound ?? 0, 9);
});

test.each([1e-12, 1e-3, 1e6])("a demand %d times as large fills everything as much more", (factor) => {
  const base = randomNetwork(7);
  const scaled = { ...base, chains: base.chains.map((each) => ({ ...each, demand: each.demand * factor })) };
  const [before, after] = [base, scaled].map((network) => solved(problemOf(network), sharpExact));
  expect((after?.utilisation.max ?? 0) / factor).toBeCloseTo(before?.utilisation.max ?? 0, 9);
  expect((after?.lowerBound ?? 0) / factor).toBeCloseTo(before?.lowerBound ?? 0, 9);
});

test("two chains share an instance, and the split is of both together", () => {
  const instances = [
    { name: "one", node: "b", capacity: 2 },
    { name: "two", node: "c", capacity: 2 },
  ];
  const chains = [chain({ name: "x", demand: 1 }), chain({ name: "y", demand: 2 })];
  const split = solved(problemOf({ ...uneven, functions: new Map([["dpi", instances]]), chains }), sharpExact);
  expect(split.utilisation.max).toBeCloseTo(0.75, 9);
});

test("a chain whose limit of latency leaves only the near instance uses it alone", () => {
  const split = solved(problemOf({ ...uneven, chains: [chain({ demand: 2, latencyMsMax: 2 })] }), named("exact"));
  expect(split.utilisation.max).toBeCloseTo(2, 9);
});

test("a chain without a way is named with its source", () => {
  expect(splitProblemOf({ ...uneven, chains: [chain({ latencyMsMax: 1 })] })).toEqual({
    kind: "unreachable",
    chain: "c",
    source: "a",
    shortestWay: [
      { from: "a", to: "small", latencyMs: 1 },
      { from: "small", to: "a", latencyMs: 1 },
    ],
  });
});

function chain(part: Partial<NetworkChain>): NetworkChain {
  return {
    name: "c",
    sources: [{ name: "a", node: "a", share: 1 }],
    functions: ["dpi"],
    scaling: [1],
    destinations: [{ name: "a", node: "a", capacity: Infinity }],
    demand: 1,
    latencyMsMax: undefined,
    ...part,
  };
}

function problemOf(network: SplitNetwork): SplitProblem {
  const result = splitProblemOf(network);
  if (result.kind === "unreachable") throw new Error(`${result.chain} is unreachable`);
  return result.problem;
}

function named(name: SolverName): SplitSolver {
  return solverNamed(name, { variablesMax: 1000 });
}

function solved(problem: SplitProblem, solver: SplitSolver) {
  const split = certifiedSplit(problem, solver);
  if (split.kind !== "certified") throw new Error(JSON.stringify(split));
  return split;
}

function flowsAt({ flows }: ReturnType<typeof solved>, index: number): Float64Array {
  return flows[index] ?? new Float64Array();
}
