import { isBetter, type WantedMove, type WantedMoves } from "./wanted-moves.ts";

const BUNDLE_MAX = 16;
/** Below this a gain is rounding. */
const LEAST_GAIN = 1e-12;

export interface LeftOut {
  readonly service: number;
  readonly from: number;
  readonly to: number;
  /** `no-room`: not one replica at a time, as in a ring of full nodes. `no-gain`: it gains nothing without others. `limit`: after the last. */
  readonly because: "no-room" | "no-gain" | "limit";
}

/** Chooses one move after another. */
export class MoveOrdering {
  readonly made: WantedMove[] = [];
  readonly #wanted: WantedMoves;
  readonly #movesMax: number;
  /** By service; stale ones are looked up again. */
  readonly #best: (WantedMove | undefined)[];
  readonly #isStale: boolean[];
  /** Services that began no bundle since what concerns them last changed. */
  readonly #isHopeless: boolean[];

  constructor(wanted: WantedMoves, movesMax: number) {
    const { serviceCount } = wanted.state.problem;
    this.#wanted = wanted;
    this.#movesMax = movesMax;
    this.#best = new Array(serviceCount).fill(undefined);
    this.#isStale = new Array(serviceCount).fill(true);
    this.#isHopeless = new Array(serviceCount).fill(false);
  }

  run(): void {
    while (this.made.length < this.#movesMax) {
      const next = this.#bestOf(this.#best.keys());
      if (next !== undefined && isWorthIt(next)) this.#keep(next);
      else if (!this.#makeBundle()) return;
    }
  }

  leftOut(): LeftOut[] {
    const isFull = this.made.length >= this.#movesMax;
    return [...this.#best.keys()].flatMap((service) =>
      this.#wanted.restOf(service).map(({ from, to }): LeftOut => {
        const canBe = this.#wanted.canBe({ service, from, to, count: 1 });
        return { service, from, to, because: isFull ? "limit" : canBe ? "no-gain" : "no-room" };
      }),
    );
  }

  /** The first bundle that gains. */
  #makeBundle(): boolean {
    for (const service of this.#best.keys()) {
      if (this.#isHopeless[service]) continue;
      for (const first of [...this.#wanted.movesOf(service)]) if (this.#tryBundle(first)) return true;
      this.#isHopeless[service] = true;
    }
    return false;
  }

  /** Goes on with what the moves so far have made possible or better, until all of them gain or none is left. */
  #tryBundle(first: WantedMove): boolean {
    const bundle: WantedMove[] = [];
    const concerned = new Set<number>();
    const lengthMax = Math.min(BUNDLE_MAX, this.#movesMax - this.made.length);
    const gainedBefore = this.#wanted.state.gained;
    let gain = 0;
    for (let next: WantedMove | undefined = first; next && bundle.length < lengthMax; next = this.#bestOf(concerned)) {
      for (const service of this.#make(next)) concerned.add(service);
      bundle.push(next);
      gain += next.gain;
      if (!next.isMending && gain <= LEAST_GAIN) continue;
      for (const service of concerned) this.#isHopeless[service] = false;
      this.made.push(...bundle);
      return true;
    }
    for (const { service, from, to } of bundle.reverse()) this.#make({ service, from: to, to: from });
    this.#wanted.state.gained = gainedBefore;
    return false;
  }

  #bestOf(services: Iterable<number>): WantedMove | undefined {
    let best: WantedMove | undefined;
    for (const service of services) {
      if (this.#isStale[service]) this.#best[service] = this.#wanted.bestOf(service);
      this.#isStale[service] = false;
      const move = this.#best[service];
      if (move !== undefined && (best === undefined || isBetter(move, best))) best = move;
    }
    return best;
  }

  #keep(move: WantedMove): void {
    for (const service of this.#make(move)) this.#isHopeless[service] = false;
    this.made.push(move);
  }

  /** @returns the services whose moves gain otherwise now, or fit otherwise. */
  #make({ service, from, to }: Pick<WantedMove, "service" | "from" | "to">): readonly number[] {
    const { state } = this.#wanted;
    state.take(service, from, 1);
    state.put(service, to, 1);
    const { peerStart, peers } = state.problem;
    const concerned = [service, ...peers.subarray(peerStart[service], peerStart[service + 1])];
    for (const other of this.#best.keys())
      if (state.isBound(service) && state.isBound(other)) concerned.push(other);
      else if (this.#wanted.isUnsettled(other, from) || this.#wanted.isUnsettled(other, to)) concerned.push(other);
    for (const other of concerned) this.#isStale[other] = true;
    return concerned;
  }
}

function isWorthIt({ isMending, gain }: WantedMove): boolean {
  return isMending || gain > LEAST_GAIN;
}
