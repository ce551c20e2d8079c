import { describe, expect, test } from "vitest";
import type { Routing, SplitNetwork } from "../../core/model/split-network.ts";
import { randomNetwork } from "../../test/builders/random-network.ts";
import { certifiedSplit } from "./certified-split.ts";
import { checkSplit } from "./check-split.ts";
import { loadHighs } from "./exact/with-highs.ts";
import { slowestWayMs } from "./slowest-way.ts";
import { solverNamed, solverNames } from "./solvers.ts";
import { routedBy, type SplitProblem, splitProblemOf } from "./split-problem.ts";

const highs = await loadHighs();

/** Two functions with a small instance near and a large one far away: each detour takes 4 ms, and none alone is too slow for 6 ms. */
const network: SplitNetwork = {
  name: "detours",
  routing: { kind: "ecmp" },
  nodes: ["a", "x", "y"],
  links: ["x", "y"].flatMap((far) => [
    { from: "a", to: far, capacity: 100, latencyMs: 2 },
    { from: far, to: "a", capacity: 100, latencyMs: 2 },
  ]),
  functions: new Map([
    ["dpi", instances("dpi", "x")],
    ["nat", instances("nat", "y")],
  ]),
  chains: [
    {
      name: "c",
      sources: [{ name: "a", node: "a", share: 1 }],
      functions: ["dpi", "nat"],
      scaling: [1, 1],
      destinations: [{ name: "a", node: "a", capacity: Infinity }],
      demand: 1,
      latencyMsMax: undefined,
    },
  ],
};

function instances(of: string, far: string) {
  return [
    { name: `${of}-near`, node: "a", capacity: 0.4 },
    { name: `${of}-far`, node: far, capacity: 1 },
  ];
}

test.each([
  { name: "without a limit both fill up alike", latencyMsMax: undefined, utilisation: 5 / 7, slowest: 8 },
  { name: "with room for both detours too", latencyMsMax: 8, utilisation: 5 / 7, slowest: 8 },
  { name: "with room for one detour each half makes one", latencyMsMax: 6, utilisation: 1.25, slowest: 4 },
  { name: "with room for none everything stays near", latencyMsMax: 2, utilisation: 2.5, slowest: 0 },
])("$name", ({ latencyMsMax, utilisation, slowest }) => {
  const problem = problemOf(limited(network, () => latencyMsMax));
  const split = solved(problem, "exact");
  expect(split.utilisation.max / utilisation).toBeCloseTo(1, 1);
  expect(slowestOf(problem, split, 0)).toBe(slowest);
});

const routings: readonly Routing[] = [{ kind: "ecmp" }, { kind: "free" }];

describe.each(routings)("with $kind routes", (routing) => {
  test("every solver keeps every chain's limit, and the bound still holds", () => {
    let restricted = 0;
    for (let seed = 1; seed <= 40; seed += 1) {
      const base: SplitNetwork = { ...randomNetwork(seed), routing };
      const shortest = new Map(base.chains.map(({ name }) => [name, shortestMs(base, name)]));
      const problem = problemOf(limited(base, (name) => 1.25 * (shortest.get(name) ?? 0) + 0.001));
      const optimum = solved(problemOf(base), "exact").lowerBound;
      for (const name of solverNames) {
        const split = solved(problem, name);
        expect(checkSplit(problem, split), `seed ${seed}, ${name}`).toMatchObject({ kind: "checked" });
        for (const [index, { chain }] of problem.graphs.entries())
          expect(slowestOf(problem, split, index)).toBeLessThanOrEqual((chain.latencyMsMax ?? 0) * (1 + 1e-9));
        expect(split.lowerBound, `seed ${seed}, ${name}`).toBeLessThanOrEqual(split.utilisation.max * (1 + 1e-9));
        if (split.utilisation.max > optimum * 1.02) restricted += 1;
      }
    }
    expect(restricted).toBeGreaterThan(0);
  });
});

function limited(base: SplitNetwork, limitOf: (chain: string) => number | undefined): SplitNetwork {
  return { ...base, chains: base.chains.map((chain) => ({ ...chain, latencyMsMax: limitOf(chain.name) })) };
}

/** Asked of the network itself: a limit that nothing keeps tells the shortest way. */
function shortestMs(base: SplitNetwork, chain: string): number {
  let longest = 0;
  for (const source of base.chains.find(({ name }) => name === chain)?.sources ?? []) {
    const sources = [{ ...source, share: 1 }];
    const chains = base.chains.filter(({ name }) => name === chain).map((each) => ({ ...each, sources }));
    const result = splitProblemOf(limited({ ...base, chains }, () => 1e-9));
    if (result.kind !== "unreachable") continue;
    longest = Math.max(
      longest,
      result.shortestWay.reduce((sum, { latencyMs }) => sum + latencyMs, 0),
    );
  }
  return longest;
}

function slowestOf(problem: SplitProblem, split: ReturnType<typeof solved>, index: number): number {
  const [graph, flows] = [problem.graphs[index], split.flows[index]];
  return graph && flows ? slowestWayMs(graph, flows, routedBy(problem, split.routes).underlay) : Number.NaN;
}

function problemOf(of: SplitNetwork): SplitProblem {
  const result = splitProblemOf(of);
  if (result.kind === "unreachable") throw new Error(`${result.chain} is unreachable`);
  return result.problem;
}

function solved(problem: SplitProblem, name: (typeof solverNames)[number]) {
  const split = certifiedSplit(problem, solverNamed(name, { variablesMax: 1000, highs }));
  if (split.kind !== "certified") throw new Error(JSON.stringify(split));
  return split;
}
