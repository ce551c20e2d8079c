import { type FlowProgram, NONE } from "./flow-program.ts";
import type { Potential } from "./potential.ts";

const ROOM_AT_FIRST = 1 << 12;

/** What a byte between two nodes puts on each limited link, looked up once for each pair that is really used. */
export class PairLoads {
  /** Pair p loads `resources[starts[p]]` to `resources[ends[p] - 1]`, each by its share; `starts[p]` is NONE before `prepare(p)`. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly #program: FlowProgram;
  readonly #prices: Float64Array;
  /** How often prices of links had changed when the pair's was computed. */
  readonly #pricedAt: Float64Array;
  #resources = new Int32Array(ROOM_AT_FIRST);
  #shares = new Float64Array(ROOM_AT_FIRST);
  #size = 0;

  constructor(program: FlowProgram) {
    const pairCount = program.destinations.length * program.nodeCount;
    this.starts = new Int32Array(pairCount).fill(NONE);
    this.ends = new Int32Array(pairCount);
    this.#program = program;
    this.#prices = new Float64Array(pairCount);
    this.#pricedAt = new Float64Array(pairCount).fill(NONE);
  }

  get resources(): Int32Array {
    return this.#resources;
  }

  get shares(): Float64Array {
    return this.#shares;
  }

  /** What a byte costs on the links of the pair at this moment, without delay. */
  priceOf(pair: number, { prices, linkChanges }: Potential): number {
    if (this.#pricedAt[pair] === linkChanges) return this.#prices[pair] ?? 0;
    this.prepare(pair);
    const [resources, shares] = [this.#resources, this.#shares];
    const end = this.ends[pair] ?? 0;
    let price = 0;
    for (let load = this.starts[pair] ?? 0; load < end; load += 1)
      price += (shares[load] ?? 0) * (prices[resources[load] ?? 0] ?? 0);
    this.#prices[pair] = price;
    this.#pricedAt[pair] = linkChanges;
    return price;
  }

  /** Routes have changed. */
  forget(): void {
    this.starts.fill(NONE);
    this.#pricedAt.fill(NONE);
    this.#size = 0;
  }

  prepare(pair: number): void {
    if (this.starts[pair] !== NONE) return;
    const { nodeCount, destinations, ofLink } = this.#program;
    this.starts[pair] = this.#size;
    const shares = destinations[Math.floor(pair / nodeCount)]?.sharesFrom(pair % nodeCount) ?? [];
    for (const { link, share } of shares) this.#add(ofLink[link] ?? NONE, share);
    this.ends[pair] = this.#size;
  }

  #add(resource: number, share: number): void {
    if (resource === NONE) return;
    if (this.#size === this.#resources.length) this.#grow();
    this.#resources[this.#size] = resource;
    this.#shares[this.#size] = share;
    this.#size += 1;
  }

  #grow(): void {
    const [resources, shares] = [new Int32Array(2 * this.#size), new Float64Array(2 * this.#size)];
    resources.set(this.#resources);
    shares.set(this.#shares);
    this.#resources = resources;
    this.#shares = shares;
  }
}
