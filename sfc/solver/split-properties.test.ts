import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { underlayOf } from "../../core/graph/underlay.ts";
import type { NetworkRoute, Routing, SplitNetwork } from "../../core/model/split-network.ts";
import { randomNetwork, seededRandom } from "../../test/builders/random-network.ts";
import { type CertifiedSplit, certifiedSplit } from "./certified-split.ts";
import { checkSplit } from "./check-split.ts";
import { exactSplit } from "./exact/exact-split.ts";
import { loadHighs } from "./exact/with-highs.ts";
import { gradientSplit } from "./gradient/gradient-split.ts";
import { solverNamed, solverNames } from "./solvers.ts";
import { type SplitProblem, type SplitSolver, splitProblemOf } from "./split-problem.ts";
import { waysOf } from "./ways.ts";

const highs = await loadHighs();
const optimal: SplitSolver = (problem) => exactSplit(problem, { slack: 0, highs, jslpVariablesMax: 0 });
const solvers: readonly { name: string; solve: SplitSolver }[] = [
  ...solverNames.map((name) => ({ name, solve: solverNamed(name, { variablesMax: 1000, highs }) })),
  { name: "exact by HiGHS alone", solve: (problem) => exactSplit(problem, { highs, jslpVariablesMax: 0 }) },
  { name: "exact by javascript-lp-solver, unless it gives up", solve: jslpOr(optimal) },
];

/** Now and then it calls a program unbounded that is not. It says so, and another stands in: only what it answers can be wrong. */
function jslpOr(other: SplitSolver): SplitSolver {
  return (problem) => {
    const answer = exactSplit(problem);
    return answer.kind === "failed" ? other(problem) : answer;
  };
}

const seed = fc.integer({ min: 1, max: 10_000 });
const routingKind = fc.constantFrom("ecmp" as const, "matrix" as const, "free" as const);
const fewRuns = { numRuns: 10 };

describe.each(solvers)("$name", ({ solve }) => {
  test("sends all of every source somewhere, under each routing, and the checker agrees with what it claims", () => {
    fc.assert(
      fc.property(seed, routingKind, (ofSeed, kind) => {
        const problem = problemOf(ofSeed, kind);
        const split = solved(problem, solve);
        expect(checkSplit(problem, split)).toMatchObject({ kind: "checked" });
        for (const [index, graph] of problem.graphs.entries()) {
          const ways = waysOf(graph, split.flows[index] ?? new Float64Array());
          expect(ways.reduce((sum, { fraction }) => sum + fraction, 0)).toBeCloseTo(1, 9);
        }
      }),
      fewRuns,
    );
  });

  test("overfills no instance when it says that nothing is overfull", () => {
    fc.assert(
      fc.property(seed, fc.double({ min: 0.1, max: 1, noNaN: true }), (ofSeed, part) => {
        const problem = problemOf(ofSeed, "ecmp", part);
        const split = solved(problem, solve);
        if (split.utilisation.max > 1) return;
        for (const [name, load] of instanceLoads(problem, split))
          expect(load, name).toBeLessThanOrEqual(capacityOf(problem.network, name) * (1 + 1e-9));
      }),
      fewRuns,
    );
  });

  test("proves no bound above the optimum", () => {
    fc.assert(
      fc.property(seed, routingKind, (ofSeed, kind) => {
        const problem = problemOf(ofSeed, kind);
        const optimum = solved(problem, optimal).utilisation.max;
        expect(solved(problem, solve).lowerBound).toBeLessThanOrEqual(optimum * (1 + 1e-9));
      }),
      fewRuns,
    );
  });
});

test("the gradient solver is within 1 % of the linear program on random networks, under each routing", () => {
  for (let ofSeed = 1; ofSeed <= 40; ofSeed += 1)
    for (const kind of ["ecmp", "matrix", "free"] as const) {
      const problem = problemOf(ofSeed, kind);
      const optimum = solved(problem, optimal).lowerBound;
      const split = solved(problem, (each) => gradientSplit(each));
      expect(split.utilisation.max / optimum, `seed ${ofSeed}, ${kind}`).toBeLessThanOrEqual(1.01 + 1e-6);
      expect(split.utilisation.max / split.lowerBound, `seed ${ofSeed}, ${kind}`).toBeLessThanOrEqual(1.01 + 1e-6);
    }
});

test("more capacity never makes the optimum worse", () => {
  fc.assert(
    fc.property(
      seed,
      routingKind,
      fc.nat(),
      fc.double({ min: 1, max: 10, noNaN: true }),
      (ofSeed, kind, which, factor) => {
        const problem = problemOf(ofSeed, kind);
        const { network } = problem;
        const grown: SplitNetwork = {
          ...network,
          links: network.links.map((link, index) =>
            index === which % network.links.length ? { ...link, capacity: link.capacity * factor } : link,
          ),
          functions: new Map(
            [...network.functions].map(([name, all]) => [
              name,
              all.map((one, index) =>
                index === which % all.length ? { ...one, capacity: one.capacity * factor } : one,
              ),
            ]),
          ),
        };
        const [before, after] = [network, grown].map((each) => solved(prepared(each), optimal).utilisation.max);
        expect(after).toBeLessThanOrEqual((before ?? 0) * (1 + 1e-6));
      },
    ),
  );
});

test("free routes are never worse than given ones", () => {
  fc.assert(
    fc.property(seed, fc.constantFrom("ecmp" as const, "matrix" as const), (ofSeed, kind) => {
      const [given, free] = [kind, "free" as const].map(
        (each) => solved(problemOf(ofSeed, each), optimal).utilisation.max,
      );
      expect(free).toBeLessThanOrEqual((given ?? 0) * (1 + 1e-6));
    }),
    fewRuns,
  );
});

/** `part` of the capacity that the builder gives chains' demands. */
function problemOf(ofSeed: number, kind: Routing["kind"], part = 1): SplitProblem {
  const base = randomNetwork(ofSeed);
  const chains = base.chains.map((chain) => ({ ...chain, demand: chain.demand * part }));
  const routing: Routing = kind === "matrix" ? { kind, routes: wanderingRoutes(base, ofSeed) } : { kind };
  return prepared({ ...base, chains, routing });
}

function prepared(network: SplitNetwork): SplitProblem {
  const result = splitProblemOf(network);
  if (result.kind === "unreachable") throw new Error(`${network.name}: ${result.chain}`);
  return result.problem;
}

/** For every pair a part by the shortest ways and the rest once around the ring, the other way than the first link. */
function wanderingRoutes({ nodes, links }: SplitNetwork, ofSeed: number): readonly NetworkRoute[] {
  const random = seededRandom(ofSeed);
  const ring = (from: number, to: number): number[] => {
    const way: number[] = [];
    for (let at = from; at !== to; at = (at + 1) % nodes.length) way.push(2 * at);
    return way;
  };
  return nodes.flatMap((from, index) =>
    nodes.flatMap((to, other): NetworkRoute[] => {
      if (from === to) return [];
      const part = random();
      const clockwise = ring(index, other);
      const back = ring(other, index)
        .map((link) => link + 1)
        .toReversed();
      const shares = [
        ...clockwise.map((link) => ({ link, share: part })),
        ...back.map((link) => ({ link, share: 1 - part })),
      ];
      return [{ from, to, links: shares.filter(({ share, link }) => share > 0 && links[link]) }];
    }),
  );
}

/** From the ways' names, link loads aside. */
function instanceLoads(problem: SplitProblem, split: CertifiedSplit): ReadonlyMap<string, number> {
  const loads = new Map<string, number>();
  for (const [index, graph] of problem.graphs.entries())
    for (const { fraction, instances } of waysOf(graph, split.flows[index] ?? new Float64Array())) {
      let amount = graph.chain.demand * fraction;
      for (const [position, name] of instances.entries()) {
        loads.set(name, (loads.get(name) ?? 0) + amount);
        amount *= graph.chain.scaling[position] ?? 1;
      }
    }
  return loads;
}

/** The builder's instances carry their function's name. */
function capacityOf({ functions }: SplitNetwork, instance: string): number {
  const all = [...functions.values()].flat();
  return all.find(({ name }) => name === instance)?.capacity ?? Number.NaN;
}

function solved(problem: SplitProblem, solve: SplitSolver): CertifiedSplit {
  const split = certifiedSplit(problem, solve);
  if (split.kind !== "certified") throw new Error(`${problem.network.name}: ${JSON.stringify(split)}`);
  return split;
}

test("the ring's routes that these tests take are routes", () => {
  const base = randomNetwork(5);
  const underlay = underlayOf(base.nodes, base.links, { kind: "matrix", routes: wanderingRoutes(base, 5) });
  expect(underlay.routeBetween("n0", "n1")?.shares.length).toBe(base.nodes.length);
});
