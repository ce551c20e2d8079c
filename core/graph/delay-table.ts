/** How far nodes are from each other: what the scheduler has learned from the proxies' connect times. */
import type { DelaySample } from "../model/flow.ts";
import { RecentLeast } from "../stats/recent-least.ts";

export interface DelayTableOptions {
  /** A pair's round trip is the least of so long, or of longer where news are rare; see RecentLeast. */
  readonly spanMs: number;
  /** Pairs that no reading has brought news of for so long are forgotten. */
  readonly forgottenAfterMs: number;
  /** More pairs than this are not kept: the one heard of longest ago goes first. */
  readonly pairsMax: number;
}

/** Two nodes, or one twice, in either order. */
export interface MeasuredPair {
  readonly a: string;
  readonly b: string;
  readonly roundTripMs: number;
  /** The last reading that brought news of it. */
  readonly lastAtMs: number;
}

/** What became of one reading. */
export interface DelayObservation {
  /** Samples with new connections. */
  readonly news: number;
  /** Samples that say nothing possible, and all of a reading that is no newer than the last. */
  readonly refused: number;
  /** Pairs that had to go for newer ones. */
  readonly dropped: number;
}

/** Readings with news, not connections: each of these has been the least of many already. */
const READINGS_MIN = 3;

interface Entry {
  readonly a: string;
  readonly b: string;
  readonly recent: RecentLeast;
  lastAtMs: number;
}

/**
 * The round trip of each pair of nodes: the least that any proxy on either of the two has seen of late. A sample is news when its
 * number of connections has changed; while there are no news nothing changes but ages. `observe` costs O(samples + pairs).
 */
export class DelayTable {
  readonly #options: DelayTableOptions;
  /** In order of the last news, oldest first. */
  readonly #pairs = new Map<string, Entry>();
  /** By sample, the connections of the last reading, so at most as many as one reading has. */
  #connections: ReadonlyMap<string, number> = new Map();
  #lastReadingAtMs = Number.NEGATIVE_INFINITY;
  #lastNewsAtMs: number | undefined;
  #version = 0;

  constructor(options: DelayTableOptions) {
    this.#options = options;
  }

  /** Grows when a pair came or went, or its round trip changed. */
  get version(): number {
    return this.#version;
  }

  get pairCount(): number {
    return this.#pairs.size;
  }

  /** Undefined before the first news. */
  get lastNewsAtMs(): number | undefined {
    return this.#lastNewsAtMs;
  }

  /** Undefined for two nodes between which nothing was measured. */
  roundTripMs(a: string, b: string): number | undefined {
    return this.#pairs.get(keyOf(a, b))?.recent.least;
  }

  *pairs(): Iterable<MeasuredPair> {
    for (const { a, b, recent, lastAtMs } of this.#pairs.values()) yield { a, b, roundTripMs: recent.least, lastAtMs };
  }

  observe(samples: readonly DelaySample[], atMs: number): DelayObservation {
    if (!(atMs > this.#lastReadingAtMs)) return { news: 0, refused: samples.length, dropped: 0 };
    this.#lastReadingAtMs = atMs;
    const fresh = this.#fresh(samples);
    for (const [key, { sourceNode, destinationNode, leastMs }] of leastByPair(fresh.samples))
      this.#takeIn(key, { a: sourceNode, b: destinationNode, leastMs, atMs });
    return { news: fresh.samples.length, refused: fresh.refused, dropped: this.#settle(atMs) };
  }

  #fresh(samples: readonly DelaySample[]) {
    const connections = new Map<string, number>();
    const fresh: DelaySample[] = [];
    let refused = 0;
    for (const sample of samples) {
      if (!isPossible(sample)) {
        refused += 1;
        continue;
      }
      const key = `${sample.sourceNode}\n${sample.destinationNode}\n${sample.series}`;
      connections.set(key, sample.connections);
      if (this.#connections.get(key) !== sample.connections) fresh.push(sample);
    }
    this.#connections = connections;
    return { samples: fresh, refused };
  }

  #takeIn(key: string, { a, b, leastMs, atMs }: { a: string; b: string; leastMs: number; atMs: number }): void {
    const { spanMs } = this.#options;
    const entry = this.#pairs.get(key) ?? {
      ...{ a, b, lastAtMs: atMs },
      recent: new RecentLeast({ spanMs, valuesMin: READINGS_MIN }),
    };
    const before = entry.recent.least;
    entry.recent.observe(leastMs, atMs);
    entry.lastAtMs = atMs;
    this.#pairs.delete(key);
    this.#pairs.set(key, entry);
    this.#lastNewsAtMs = atMs;
    if (entry.recent.least !== before) this.#version += 1;
  }

  /** Forgets what is too old or too much. */
  #settle(atMs: number): number {
    const { forgottenAfterMs, pairsMax } = this.#options;
    let dropped = 0;
    for (const [key, { lastAtMs }] of this.#pairs) {
      const isTooMany = this.#pairs.size > pairsMax;
      if (!isTooMany && atMs - lastAtMs <= forgottenAfterMs) break;
      this.#pairs.delete(key);
      this.#version += 1;
      if (isTooMany) dropped += 1;
    }
    return dropped;
  }
}

/** Of each pair the sample with the least round trip. */
function leastByPair(samples: readonly DelaySample[]): ReadonlyMap<string, DelaySample> {
  const least = new Map<string, DelaySample>();
  for (const sample of samples) {
    const key = keyOf(sample.sourceNode, sample.destinationNode);
    const known = least.get(key);
    if (!known || sample.leastMs < known.leastMs) least.set(key, sample);
  }
  return least;
}

function isPossible({ connections, leastMs }: DelaySample): boolean {
  return connections >= 1 && Number.isFinite(connections) && leastMs > 0 && Number.isFinite(leastMs);
}

function keyOf(a: string, b: string): string {
  return a < b ? `${a}\n${b}` : `${b}\n${a}`;
}
