import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { present } from "../../../core/model/invariant.ts";
import type { SplitNetwork } from "../../../core/model/split-network.ts";
import { parseSplitNetwork } from "../../../platform/schema/split-network.ts";
import { leafSpineNetwork, leafSpineTenfold } from "../../../test/builders/leaf-spine-network.ts";
import { randomNetwork } from "../../../test/builders/random-network.ts";
import { type CertifiedSplit, certifiedSplit } from "../certified-split.ts";
import { type EarlierSplit, type SplitProblem, splitProblemOf } from "../split-problem.ts";
import { gradientSplit } from "./gradient-split.ts";

/** Found by a linear program. */
const OPTIMUM = 0.8916715625;

test("on a leaf-spine network the split and its own bound enclose the optimum, 1 % apart at most", () => {
  const network = parseSplitNetwork(JSON.parse(readFileSync("test/data/leaf-spine-100.json", "utf8")));
  const split = solved(problemOf(present(network.kind === "parsed" ? network.value : undefined, "network")));
  expect(split.lowerBound).toBeLessThanOrEqual(OPTIMUM * (1 + 1e-9));
  expect(split.utilisation.max).toBeGreaterThanOrEqual(OPTIMUM * (1 - 1e-9));
  expect(split.utilisation.max / split.lowerBound).toBeLessThanOrEqual(1.0101);
});

describe("from an earlier split", () => {
  const network = leafSpineNetwork(3);
  const problem = problemOf(network);
  const first = solved(problem);
  const earlier: EarlierSplit = { ...first, problem };
  const [gone] = network.functions.get("f0") ?? [];

  const changes: readonly { name: string; changed: SplitNetwork }[] = [
    { name: "nothing", changed: network },
    { name: "a demand that grows", changed: withDemand(3, 1.5) },
    { name: "a demand that all but ends", changed: withDemand(3, 1e-3) },
    { name: "an instance that is gone", changed: withInstances((all) => all.filter((each) => each !== gone)) },
    {
      name: "an instance that comes",
      changed: withInstances((all) => [...all, { name: "f0-new", node: "h0", capacity: 20 }]),
    },
    { name: "a chain that is gone", changed: { ...network, chains: network.chains.slice(1) } },
    {
      name: "a chain that comes, first in order",
      changed: { ...network, chains: [{ ...present(network.chains[5], "chain"), name: "new" }, ...network.chains] },
    },
    {
      name: "a link that is half as wide",
      changed: {
        ...network,
        links: network.links.map((link, index) => (index === 4 ? { ...link, capacity: link.capacity / 2 } : link)),
      },
    },
    { name: "another name for everything", changed: renamed() },
  ];

  test.each(changes)("with $name the gap is what it would be afresh", ({ changed }) => {
    const next = problemOf(changed);
    const resumed = solved(next, earlier);
    expect(resumed.utilisation.max / resumed.lowerBound).toBeLessThanOrEqual(1.0101);
  });

  test("a changed demand takes a fraction of the rounds", () => {
    const next = problemOf(withDemand(3, 1.5));
    expect(solved(next, earlier).iterations).toBeLessThanOrEqual(solved(next).iterations / 4);
  });

  test("whose weights are of no use the search begins afresh", () => {
    const useless = { ...earlier, resourceWeights: new Float64Array(earlier.resourceWeights.length) };
    expect(solved(problem, useless).utilisation.max).toBeCloseTo(first.utilisation.max, 2);
  });

  function withDemand(index: number, factor: number): SplitNetwork {
    const chains = network.chains.map((chain, at) =>
      at === index ? { ...chain, demand: chain.demand * factor } : chain,
    );
    return { ...network, chains };
  }

  function withInstances(
    change: (all: NonNullable<ReturnType<SplitNetwork["functions"]["get"]>>) => typeof all,
  ): SplitNetwork {
    return { ...network, functions: new Map(network.functions).set("f0", change(network.functions.get("f0") ?? [])) };
  }

  function renamed(): SplitNetwork {
    const functions = [...network.functions].map(([name, all]) => {
      return [name, all.map((each) => ({ ...each, name: `other-${each.name}` }))] as const;
    });
    return {
      ...network,
      functions: new Map(functions),
      chains: network.chains.map((chain) => ({ ...chain, name: `other-${chain.name}` })),
    };
  }
});

test("where routes are free, going on takes less than half the rounds on the whole, to the same gap", () => {
  const rounds = { afresh: 0, resumed: 0 };
  for (let seed = 1; seed <= 20; seed += 1) {
    const base: SplitNetwork = { ...randomNetwork(seed), routing: { kind: "free" } };
    const problem = problemOf(base);
    const first = solved(problem);
    const chains = base.chains.map((chain, index) => (index === 0 ? { ...chain, demand: 1.05 * chain.demand } : chain));
    const next = problemOf({ ...base, chains });
    const resumed = solved(next, { ...first, problem });
    expect(resumed.utilisation.max / resumed.lowerBound, `seed ${seed}`).toBeLessThanOrEqual(1.0101);
    rounds.afresh += solved(next).iterations;
    rounds.resumed += resumed.iterations;
  }
  expect(rounds.resumed).toBeLessThan(rounds.afresh / 2);
});

test("a problem of more than a million arcs takes some twenty bytes for each", () => {
  const before = process.memoryUsage().arrayBuffers;
  const { graphs } = problemOf(leafSpineNetwork(1, leafSpineTenfold));
  const arcs = graphs.reduce((sum, { heads }) => sum + heads.length, 0);
  expect(arcs).toBeGreaterThan(1_000_000);
  const bytes = graphs.reduce(
    (sum, { heads, starts, amounts }) => sum + heads.byteLength + starts.byteLength + amounts.byteLength,
    0,
  );
  expect(bytes / arcs).toBeLessThan(20);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100e6);
});

function problemOf(network: SplitNetwork): SplitProblem {
  const prepared = splitProblemOf(network);
  return present(prepared.kind === "unreachable" ? undefined : prepared.problem, "problem");
}

function solved(problem: SplitProblem, earlier?: EarlierSplit): CertifiedSplit {
  const split = certifiedSplit(problem, (each, options) => gradientSplit(each, {}, options), { earlier });
  if (split.kind !== "certified") throw new Error(split.kind);
  return split;
}
