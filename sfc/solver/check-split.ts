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

export function checkSplit(
  { network, graphs }: Pick<SplitProblem, "network" | "graphs">,
  { flows, routes, utilisation, lowerBound }: CertifiedSplit,
): CheckedSplit {
  const ways = graphs.map((graph, chain) => waysOf(graph, present(flows[chain], "flows of a chain")));
  const verdict = checkWays(
    network,
    new Map(graphs.map(({ chain }, index) => [chain.name, ways[index] ?? []])),
    routes,
  );
  if (verdict.kind === "invalid") return { kind: "wrong", reason: verdict.reason };
  const { maxUtilisation } = verdict;
  if (Math.abs(maxUtilisation - utilisation.max) > TOLERANCE * Math.max(utilisation.max, TOLERANCE))
    return {
      kind: "wrong",
      reason: `a utilisation of ${utilisation.max} is claimed, and the ways come to ${maxUtilisation}`,
    };
  if (lowerBound > maxUtilisation * (1 + TOLERANCE))
    return { kind: "wrong", reason: `the bound ${lowerBound} is above the split's own ${maxUtilisation}` };
  return { kind: "checked", ways };
}
