/** Where the costs of a decision came from, for its explanation. */
import type { Question } from "./ask-plugin.ts";

const configuredUnit = "configured cost";

/** Ages are as of the decision. */
export function explainPricing({ costOrigin, distancesAtMs }: Question, atMs: number) {
  switch (costOrigin.kind) {
    case "configured":
      return { source: "configured", unit: configuredUnit };
    case "unmeasured":
      return { source: "configured", unit: configuredUnit, reason: "too few distances between nodes are measured" };
    case "measured":
      return {
        source: "measured",
        unit: "ms of round trip",
        ageMs: distancesAtMs === undefined ? undefined : Math.max(0, atMs - distancesAtMs),
        pairs: costOrigin.pairCount,
        groups: costOrigin.groupCount,
        localityCosts: costOrigin.localityCosts,
      };
  }
}
