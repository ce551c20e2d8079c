import { type FlowProgram, NONE } from "./flow-program.ts";

export interface PotentialTerms {
  /** mu, in units of utilisation: small is close to the maximum itself, large is smooth. More than 0. */
  readonly smoothing: number;
  /** u0: a resource this full has the weight 1. */
  readonly reference: number;
  /** lambda: what a millisecond of one byte per second counts. */
  readonly delayPrice: number;
}

/** Beyond it a weight is as good as infinite. */
const EXPONENT_MAX = 500;
/** Below it a weight is 0: it could not be seen beside 1. */
const EXPONENT_MIN = -40;
/** Links whose prices moved by less than this part of the highest price there is may keep their old ones for a while. */
const STALE_PART = 1e-3;

/**
 * What the solver lowers, and its slope at the flows as they are:
 *
 *   potential = mu * sum over resources r of exp((u_r - u0) / mu) + lambda * sum over arcs of amount * latency
 *
 * With lambda = 0 it is a smooth stand-in for the largest utilisation u_r. Its slope along a resource is the price of a byte
 * there, exp((u_r - u0) / mu) / capacity_r, and along an arc the prices of all that the arc loads.
 */
export class Potential {
  /** By resource: load over capacity. */
  readonly utilisations: Float64Array;
  /** By resource: exp((u_r - u0) / mu), always up to date. */
  readonly weights: Float64Array;
  /** By resource: weight over capacity, always up to date. */
  readonly prices: Float64Array;
  /** By pair of nodes: of a byte on the links between them, delay included, as of the last `refreshPairs`. */
  readonly pairPrices: Float64Array;
  readonly pairLatencyMs: Float64Array;
  readonly #program: FlowProgram;
  /** By link: as of the last `refreshPairs`. */
  readonly linkPrices: Float64Array;
  readonly #isLink: Uint8Array;
  /** By destination: its part of `pairPrices`. */
  readonly #pricesOfSlots: readonly Float64Array[];
  #linkChanges = 0;
  #terms: PotentialTerms = { smoothing: 1, reference: 0, delayPrice: 0 };

  constructor(program: FlowProgram) {
    const { capacities, destinations, nodeCount, ofLink } = program;
    this.utilisations = new Float64Array(capacities.length);
    this.weights = new Float64Array(capacities.length);
    this.prices = new Float64Array(capacities.length);
    this.pairPrices = new Float64Array(destinations.length * nodeCount);
    this.pairLatencyMs = new Float64Array(destinations.length * nodeCount);
    for (const [slot, { latencyMs }] of destinations.entries()) this.pairLatencyMs.set(latencyMs, slot * nodeCount);
    this.#pricesOfSlots = destinations.map((_, slot) =>
      this.pairPrices.subarray(slot * nodeCount, (slot + 1) * nodeCount),
    );
    this.#program = program;
    this.linkPrices = new Float64Array(ofLink.length);
    this.#isLink = new Uint8Array(capacities.length);
    for (const resource of ofLink) this.#isLink[resource] = 1;
  }

  get terms(): PotentialTerms {
    return this.#terms;
  }

  /** Grows whenever the price of a link changes. */
  get linkChanges(): number {
    return this.#linkChanges;
  }

  /** Of the fullest resource; 0 when nothing is limited. */
  get highest(): number {
    return this.utilisations.reduce((a, b) => Math.max(a, b), 0);
  }

  retune(terms: PotentialTerms): void {
    this.#terms = terms;
    for (let resource = 0; resource < this.weights.length; resource += 1) this.fill(resource, 0);
    this.refreshPairs();
  }

  /** Takes weights as they are given, whatever the utilisations are. */
  weigh(weights: Float64Array): void {
    this.weights.set(weights);
    this.#linkChanges += 1;
    for (const [resource, weight] of weights.entries())
      this.prices[resource] = weight / (this.#program.capacities[resource] ?? 1);
    this.refreshPairs();
  }

  /** Raises the utilisation of a resource, or lowers it. */
  fill(resource: number, change: number): void {
    const utilisation = (this.utilisations[resource] ?? 0) + change;
    const exponent = (utilisation - this.#terms.reference) / this.#terms.smoothing;
    const weight = exponent < EXPONENT_MIN ? 0 : Math.exp(Math.min(exponent, EXPONENT_MAX));
    this.utilisations[resource] = utilisation;
    if (weight === this.weights[resource]) return;
    this.weights[resource] = weight;
    this.prices[resource] = weight / (this.#program.capacities[resource] ?? 1);
    this.#linkChanges += this.#isLink[resource] ?? 0;
  }

  /** Time O(destinations * links on shortest paths to one). */
  refreshPairs(): void {
    const { destinations, ofLink } = this.#program;
    for (let link = 0; link < ofLink.length; link += 1) this.linkPrices[link] = this.priceOfLink(link);
    for (let slot = 0; slot < destinations.length; slot += 1) {
      const own = this.#pricesOfSlots[slot];
      if (own) destinations[slot]?.costs(this.linkPrices, own);
    }
  }

  /** `refreshPairs`, if it would change something that can be seen. */
  refreshStalePairs(): void {
    const tolerance = STALE_PART * this.prices.reduce((a, b) => Math.max(a, b), 0);
    for (let link = 0; link < this.linkPrices.length; link += 1) {
      if (Math.abs(this.priceOfLink(link) - (this.linkPrices[link] ?? 0)) <= tolerance) continue;
      this.refreshPairs();
      return;
    }
  }

  /** Of a byte at this moment, delay included. */
  priceOfLink(link: number): number {
    const { ofLink, columns } = this.#program;
    const resource = ofLink[link] ?? NONE;
    const delay = this.#terms.delayPrice * (columns.latencyMs[link] ?? 0);
    return delay + (resource === NONE ? 0 : (this.prices[resource] ?? 0));
  }
}
