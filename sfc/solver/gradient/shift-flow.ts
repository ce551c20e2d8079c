/** Moves flow of one chain from the dearest way that carries some to the cheapest, as far as the potential falls. */
import { type FlowProgram, NONE } from "./flow-program.ts";
import type { FlowState } from "./flow-state.ts";
import { ShiftDirection } from "./shift-direction.ts";
import type { Ways } from "./way-search.ts";

/** Ways whose prices differ by less are the same. */
const SAME_PRICE = 1e-5;
/** Flows below it are none. */
const NEGLIGIBLE = 1e-13;

export class FlowShifter {
  readonly #state: FlowState;
  readonly #ways: Ways;
  readonly #direction: ShiftDirection;

  constructor(state: FlowState, ways: Ways) {
    this.#state = state;
    this.#ways = ways;
    this.#direction = new ShiftDirection(state.potential, state.program.capacities);
  }

  /** Of what begins at the sources of the chain, by the ways that were last searched. */
  shiftChain(chain: number): void {
    const { vertexStarts, shares, demands }: FlowProgram = this.#state.program;
    const end = vertexStarts[chain + 1] ?? 0;
    const demand = demands[chain] ?? 0;
    for (let source = vertexStarts[chain] ?? 0; source < end && (shares[source] ?? 0) > 0; source += 1)
      if (this.#isUneven(source)) this.#shift(source, demand);
  }

  #isUneven(source: number): boolean {
    const dearest = this.#ways.dearest[source] ?? 0;
    return dearest - (this.#ways.cheapest[source] ?? 0) > SAME_PRICE * dearest;
  }

  #shift(source: number, demand: number): void {
    const { program, flows } = this.#state;
    const { heads, arcStarts } = program;
    const { cheapestArcs, dearestArcs } = this.#ways;
    let longest = Infinity;
    let delay = 0;
    for (let [from, to] = [source, source]; arcStarts[from] !== arcStarts[from + 1]; ) {
      const [dear, cheap] = [dearestArcs[from] ?? NONE, cheapestArcs[to] ?? NONE];
      // A rest of rounding may end in a vertex that nothing leaves.
      if (dear === NONE || cheap === NONE) longest = 0;
      if (longest === 0) break;
      if (dear !== cheap) {
        longest = Math.min(longest, flows[dear] ?? 0);
        delay += this.#listLoads(cheap, demand) + this.#listLoads(dear, -demand);
      }
      [from, to] = [heads[dear] ?? 0, heads[cheap] ?? 0];
    }
    const step = this.#direction.go(longest, delay);
    if (step > 0) this.#move(source, step);
  }

  /** Answers the change of amount * latency. */
  #listLoads(arc: number, demand: number): number {
    const { program, potential, pairLoads } = this.#state;
    const { tails, heads, pairs, factors, entered } = program;
    const amount = demand * (factors[tails[arc] ?? 0] ?? 0);
    const pair = pairs[arc] ?? 0;
    const resource = entered[heads[arc] ?? 0] ?? NONE;
    if (resource !== NONE) this.#direction.add(resource, amount);
    pairLoads.prepare(pair);
    const { resources, shares, starts, ends } = pairLoads;
    const end = ends[pair] ?? 0;
    for (let load = starts[pair] ?? 0; load < end; load += 1)
      this.#direction.add(resources[load] ?? 0, amount * (shares[load] ?? 0));
    return amount * (potential.pairLatencyMs[pair] ?? 0);
  }

  #move(source: number, step: number): void {
    const { program, flows } = this.#state;
    const { heads, arcStarts } = program;
    const { cheapestArcs, dearestArcs } = this.#ways;
    for (let [from, to] = [source, source]; arcStarts[from] !== arcStarts[from + 1]; ) {
      const [dear, cheap] = [dearestArcs[from] ?? 0, cheapestArcs[to] ?? 0];
      if (dear !== cheap) {
        const left = (flows[dear] ?? 0) - step;
        flows[dear] = left > NEGLIGIBLE ? left : 0;
        flows[cheap] = (flows[cheap] ?? 0) + step;
      }
      [from, to] = [heads[dear] ?? 0, heads[cheap] ?? 0];
    }
  }
}
