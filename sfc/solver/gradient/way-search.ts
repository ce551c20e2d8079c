/**
 * The oracle: for every vertex of a chain the cheapest way on to a destination, and the dearest way on among those that carry
 * flow. Layers follow each other, so one pass from the last vertex to the first finds both.
 */
import { type FlowProgram, NONE } from "./flow-program.ts";
import type { FlowState } from "./flow-state.ts";

/** By vertex; per byte of the chain's demand. */
export interface Ways {
  readonly cheapest: Float64Array;
  /** The arc that the cheapest way takes. */
  readonly cheapestArcs: Int32Array;
  /** -Infinity where nothing flows. */
  readonly dearest: Float64Array;
  /** NONE where nothing flows. */
  readonly dearestArcs: Int32Array;
}

export function waysFor({ factors }: FlowProgram): Ways {
  const { length } = factors;
  return {
    cheapest: new Float64Array(length),
    cheapestArcs: new Int32Array(length).fill(NONE),
    dearest: new Float64Array(length),
    dearestArcs: new Int32Array(length).fill(NONE),
  };
}

/** Among all arcs, at the pairs' prices as of their last refresh. The innermost loop of the solver, hence in one piece. */
export function searchWays({ program, potential, flows }: FlowState, ways: Ways, chain: number): void {
  const { vertexStarts, arcStarts, factors, entered, heads, pairs } = program;
  const { pairPrices, prices } = potential;
  const { cheapest, cheapestArcs, dearest, dearestArcs } = ways;
  const first = vertexStarts[chain] ?? 0;
  for (let vertex = (vertexStarts[chain + 1] ?? 0) - 1; vertex >= first; vertex -= 1) {
    const start = arcStarts[vertex] ?? 0;
    const end = arcStarts[vertex + 1] ?? 0;
    if (start === end) {
      cheapest[vertex] = 0;
      dearest[vertex] = 0;
      continue;
    }
    const factor = factors[vertex] ?? 0;
    let least = Infinity;
    let leastArc = NONE;
    let most = -Infinity;
    let mostArc = NONE;
    for (let arc = start; arc < end; arc += 1) {
      const head = heads[arc] ?? 0;
      const resource = entered[head] ?? NONE;
      const own = (pairPrices[pairs[arc] ?? 0] ?? 0) + (resource === NONE ? 0 : (prices[resource] ?? 0));
      const price = factor * own;
      const through = price + (cheapest[head] ?? 0);
      if (through < least) {
        least = through;
        leastArc = arc;
      }
      if ((flows[arc] ?? 0) <= 0) continue;
      const carried = price + (dearest[head] ?? 0);
      if (carried > most) {
        most = carried;
        mostArc = arc;
      }
    }
    cheapest[vertex] = least;
    cheapestArcs[vertex] = leastArc;
    dearest[vertex] = most;
    dearestArcs[vertex] = mostArc;
  }
}

/** The arcs of each chain that carried flow when it was last looked at, last ones first. */
export class UsedArcs {
  readonly #arcs: Int32Array;
  readonly #counts: Int32Array;
  readonly #program: FlowProgram;

  constructor(program: FlowProgram) {
    this.#arcs = new Int32Array(program.heads.length);
    this.#counts = new Int32Array(program.chainCount);
    this.#program = program;
  }

  look({ flows }: FlowState, chain: number): void {
    const [start, end] = this.#rangeOf(chain);
    let count = 0;
    for (let arc = end - 1; arc >= start; arc -= 1) {
      if ((flows[arc] ?? 0) <= 0) continue;
      this.#arcs[start + count] = arc;
      count += 1;
    }
    this.#counts[chain] = count;
  }

  of(chain: number): Int32Array {
    const [start] = this.#rangeOf(chain);
    return this.#arcs.subarray(start, start + (this.#counts[chain] ?? 0));
  }

  #rangeOf(chain: number): readonly [start: number, end: number] {
    const { vertexStarts, arcStarts } = this.#program;
    return [arcStarts[vertexStarts[chain] ?? 0] ?? 0, arcStarts[vertexStarts[chain + 1] ?? 0] ?? 0];
  }
}

/** Among the given arcs of one chain only, last ones first, at the prices of this moment. */
export function searchUsedWays(
  { program, potential, pairLoads, flows }: FlowState,
  ways: Ways,
  arcs: Int32Array,
): void {
  const { arcStarts, factors, entered, tails, heads, pairs } = program;
  const { prices, pairLatencyMs } = potential;
  const { delayPrice } = potential.terms;
  const { cheapest, cheapestArcs, dearest, dearestArcs } = ways;
  for (let at = 0; at < arcs.length; ) {
    const vertex = tails[arcs[at] ?? 0] ?? 0;
    const factor = factors[vertex] ?? 0;
    let least = Infinity;
    let leastArc = NONE;
    let most = -Infinity;
    let mostArc = NONE;
    for (; at < arcs.length && tails[arcs[at] ?? 0] === vertex; at += 1) {
      const arc = arcs[at] ?? 0;
      const head = heads[arc] ?? 0;
      const pair = pairs[arc] ?? 0;
      const resource = entered[head] ?? NONE;
      const onLinks = pairLoads.priceOf(pair, potential) + delayPrice * (pairLatencyMs[pair] ?? 0);
      const price = factor * (onLinks + (resource === NONE ? 0 : (prices[resource] ?? 0)));
      const isLast = arcStarts[head] === arcStarts[head + 1];
      const through = price + (isLast ? 0 : (cheapest[head] ?? 0));
      if (through < least) {
        least = through;
        leastArc = arc;
      }
      if ((flows[arc] ?? 0) <= 0) continue;
      const carried = price + (isLast ? 0 : (dearest[head] ?? 0));
      if (carried > most) {
        most = carried;
        mostArc = arc;
      }
    }
    cheapest[vertex] = least;
    cheapestArcs[vertex] = leastArc;
    dearest[vertex] = most;
    dearestArcs[vertex] = mostArc;
  }
}
