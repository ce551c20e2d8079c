/** Moves flow of one chain from the dearest way that carries some to the cheapest, as far as the potential falls. */
import { type FlowProgram, NONE } from "./flow-program.ts";
import type { FlowState } from "./flow-state.ts";
import { LineSearch } from "./line-search.ts";
import type { Ways } from "./way-search.ts";

/** Ways whose prices differ by less are the same. */
const SAME_PRICE = 1e-5;
/** Flows below it are none. */
const NEGLIGIBLE = 1e-13;
/** Weights below exp(-this) of the reference's do not bend a line search. */
const EXPONENT_RANGE = 30;

export class FlowShifter {
  readonly #state: FlowState;
  readonly #ways: Ways;
  readonly #search: LineSearch;
  /** By resource: by how much a whole unit of flow would fill it; 0 but for those in the list. */
  readonly #changes: Float64Array;
  readonly #isListed: Uint8Array;
  readonly #listed: Int32Array;
  #listedCount = 0;

  constructor(state: FlowState, ways: Ways) {
    const { length } = state.program.capacities;
    this.#state = state;
    this.#ways = ways;
    this.#search = new LineSearch(length);
    this.#changes = new Float64Array(length);
    this.#isListed = new Uint8Array(length);
    this.#listed = new Int32Array(length);
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
    const { program, potential, flows } = this.#state;
    const { heads, arcStarts } = program;
    const { cheapestArcs, dearestArcs } = this.#ways;
    let longest = Infinity;
    let delay = 0;
    this.#listedCount = 0;
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
    const step = longest > 0 && longest < Infinity ? this.#bestStep(longest, delay) : 0;
    for (let index = 0; index < this.#listedCount; index += 1) {
      const resource = this.#listed[index] ?? 0;
      if (step > 0) potential.fill(resource, step * (this.#changes[resource] ?? 0));
      this.#changes[resource] = 0;
      this.#isListed[resource] = 0;
    }
    if (step > 0) this.#move(source, step);
  }

  /** Answers the change of amount * latency. */
  #listLoads(arc: number, demand: number): number {
    const { program, potential, pairLoads } = this.#state;
    const { tails, heads, pairs, factors, entered } = program;
    const amount = demand * (factors[tails[arc] ?? 0] ?? 0);
    const pair = pairs[arc] ?? 0;
    const resource = entered[heads[arc] ?? 0] ?? NONE;
    if (resource !== NONE) this.#list(resource, amount);
    pairLoads.prepare(pair);
    const { resources, shares, starts, ends } = pairLoads;
    const end = ends[pair] ?? 0;
    for (let load = starts[pair] ?? 0; load < end; load += 1)
      this.#list(resources[load] ?? 0, amount * (shares[load] ?? 0));
    return amount * (potential.pairLatencyMs[pair] ?? 0);
  }

  #list(resource: number, amount: number): void {
    if (this.#isListed[resource] === 0) {
      this.#isListed[resource] = 1;
      this.#listed[this.#listedCount] = resource;
      this.#listedCount += 1;
    }
    const change = amount / (this.#state.program.capacities[resource] ?? 1);
    this.#changes[resource] = (this.#changes[resource] ?? 0) + change;
  }

  #bestStep(longest: number, delay: number): number {
    const { utilisations, terms } = this.#state.potential;
    const { smoothing, reference, delayPrice } = terms;
    const search = this.#search;
    search.begin(delayPrice * delay, smoothing);
    for (let index = 0; index < this.#listedCount; index += 1) {
      const resource = this.#listed[index] ?? 0;
      const change = this.#changes[resource] ?? 0;
      const exponent = ((utilisations[resource] ?? 0) - reference) / smoothing;
      const highest = exponent + (Math.max(change, 0) * longest) / smoothing;
      if (change !== 0 && highest > -EXPONENT_RANGE) search.add(change, exponent);
    }
    return search.bestStep(longest);
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
