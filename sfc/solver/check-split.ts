/** A split as ways, after the checker has found of them what the split claims. Run it before anything is published. */
import { present } from "../../core/model/invariant.ts";
import type { CertifiedSplit } from "./certified-split.ts";
import { checkWays } from "./checker.ts";
import type { SplitProblem } from "./split-problem.ts";
import { type Way, waysOf } from "./ways.ts";

export type CheckedSplit =
  /** `ways`: by chain, in the problem's order. */
  | { readonly kind: "checked"; readonly ways: readonly (readonly Way[])[] }
  | { readonly kind: "wrong"; readonly reason: string };

/** How far the checker's figures may be from the split's, as a part. */
const TOLERANCE = 1e-6;

export function checkSplit(problem: CheckedProblem, split: CertifiedSplit): CheckedSplit {
  const { utilisation, lowerBound } = split;
  const checked = checkFlows(problem, split, utilisation.max);
  if (checked.kind === "checked" && lowerBound > utilisation.max * (1 + TOLERANCE))
    return { kind: "wrong", reason: `the bound ${lowerBound} is above the split's own ${utilisation.max}` };
  return checked;
}

type CheckedProblem = Pick<SplitProblem, "network" | "graphs">;

/** For flows that are no solver's own, such as those of integer weights. `maxUtilisation`: what is claimed of them. */
export function checkFlows(
  { network, graphs }: CheckedProblem,
  { flows, routes }: Pick<CertifiedSplit, "flows" | "routes">,
  maxUtilisation: number,
): CheckedSplit {
  const ways = graphs.map((graph, chain) => waysOf(graph, present(flows[chain], "flows of a chain")));
  const named = new Map(graphs.map(({ chain }, index) => [chain.name, ways[index] ?? []]));
  const verdict = checkWays(network, named, routes);
  if (verdict.kind === "invalid") return { kind: "wrong", reason: verdict.reason };
  if (Math.abs(verdict.maxUtilisation - maxUtilisation) > TOLERANCE * Math.max(maxUtilisation, TOLERANCE))
    return {
      kind: "wrong",
      reason: `a utilisation of ${maxUtilisation} is claimed, and the ways come to ${verdict.maxUtilisation}`,
    };
  return { kind: "checked", ways };
}
