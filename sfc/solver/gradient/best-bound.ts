import type { FlowState } from "./flow-state.ts";
import { searchWays, type Ways } from "./way-search.ts";

/** The highest lower bound so far, by the formula of the certificate, and the weights that prove it. */
export class BestBound {
  /** No split has a smaller largest utilisation. */
  value = 0;
  /** By resource: what a unit of it counts. */
  readonly weights: Float64Array;

  constructor(resourceCount: number) {
    this.weights = new Float64Array(resourceCount);
  }

  /**
   * bound = sum over chains of demand * cheapest way / sum over resources of price * capacity, at the state's prices, which must
   * be up to date and without delay. Answers the bound of this moment. Time O(arcs).
   */
  look(state: FlowState, ways: Ways): number {
    const { program, potential } = state;
    const { chainCount, vertexStarts, shares, demands } = program;
    let numerator = 0;
    for (let chain = 0; chain < chainCount; chain += 1) {
      searchWays(state, ways, chain);
      const end = vertexStarts[chain + 1] ?? 0;
      for (let source = vertexStarts[chain] ?? 0; source < end && (shares[source] ?? 0) > 0; source += 1)
        numerator += (demands[chain] ?? 0) * (shares[source] ?? 0) * (ways.cheapest[source] ?? 0);
    }
    const denominator = potential.weights.reduce((a, b) => a + b, 0);
    const bound = denominator > 0 ? numerator / denominator : 0;
    if (bound < this.value) return bound;
    this.value = bound;
    this.weights.set(potential.prices);
    return bound;
  }
}
