/** What moving traffic from one way to another does to resources, and how far to go with it. */
import { LineSearch } from "./line-search.ts";
import type { Potential } from "./potential.ts";

/** Weights below exp(-this) of the reference's do not bend a line search. */
const EXPONENT_RANGE = 30;

export class ShiftDirection {
  readonly #potential: Potential;
  readonly #capacities: Float64Array;
  readonly #search: LineSearch;
  /** By resource: by how much a whole unit would fill it; 0 but for those in the list. */
  readonly #changes: Float64Array;
  readonly #isListed: Uint8Array;
  readonly #listed: Int32Array;
  #listedCount = 0;

  constructor(potential: Potential, capacities: Float64Array) {
    const { length } = capacities;
    this.#potential = potential;
    this.#capacities = capacities;
    this.#search = new LineSearch(length);
    this.#changes = new Float64Array(length);
    this.#isListed = new Uint8Array(length);
    this.#listed = new Int32Array(length);
  }

  /** `amount`: what a whole unit of the shift puts on the resource, or takes from it. */
  add(resource: number, amount: number): void {
    if (this.#isListed[resource] === 0) {
      this.#isListed[resource] = 1;
      this.#listed[this.#listedCount] = resource;
      this.#listedCount += 1;
    }
    this.#changes[resource] = (this.#changes[resource] ?? 0) + amount / (this.#capacities[resource] ?? 1);
  }

  /** Goes as far as the potential falls, at most `longest`, and forgets the direction. `delay`: the change of amount * latency. */
  go(longest: number, delay: number): number {
    const step = longest > 0 && longest < Infinity ? this.#bestStep(longest, delay) : 0;
    for (let index = 0; index < this.#listedCount; index += 1) {
      const resource = this.#listed[index] ?? 0;
      if (step > 0) this.#potential.fill(resource, step * (this.#changes[resource] ?? 0));
      this.#changes[resource] = 0;
      this.#isListed[resource] = 0;
    }
    this.#listedCount = 0;
    return step;
  }

  #bestStep(longest: number, delay: number): number {
    const { utilisations, terms } = this.#potential;
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
}
