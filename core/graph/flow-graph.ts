/** Who talks to whom and how much: what the scheduler has learned from byte counters. */
import { type Flow, type FlowCounter, type FlowReading, flowCounterKey } from "../model/flow.ts";
import type { RefusalReason } from "../stats/decayed-rate.ts";
import { type ChainDemand, chainDemands } from "./chain-demand.ts";
import { type Neighbour, type PairTotals, pairTotals } from "./pair-totals.ts";
import { lineageOf, TrackedFlow } from "./tracked-flow.ts";

export interface FlowGraphOptions {
  /** After this long without news a rate counts half. */
  readonly halfLifeMs: number;
  /** More counters than this are not kept: the one heard of longest ago goes first. */
  readonly flowsMax: number;
}

/** What became of one reading. */
export interface Observation {
  readonly accepted: number;
  readonly refused: Readonly<Record<RefusalReason, number>>;
  /** The first one refused, for a log line. */
  readonly firstRefused: { readonly counter: string; readonly reason: RefusalReason } | undefined;
  /** Counters that had to go for newer ones. */
  readonly dropped: number;
}

/** A flow that has been silent for so many half-lives is a millionth of what it was, and is forgotten. */
const FORGOTTEN_HALF_LIVES = 20;

/**
 * Decayed rates of every counter, added up by pairs of workloads and by hops of chains. All rates are as of the last
 * reading: a flow that newer readings do not mention fades, and while there are no readings nothing changes but ages.
 * `observe` costs O(flows); the questions cost what they answer.
 */
export class FlowGraph {
  readonly #options: FlowGraphOptions;
  /** In order of the last news, oldest first. */
  readonly #tracked = new Map<string, TrackedFlow>();
  /** When each lineage of counters was first heard of. */
  #sinceMs = new Map<string, number>();
  #pairs: PairTotals = pairTotals([], 0);
  #lastReadingAtMs: number | undefined;
  #readingCount = 0;
  #version = 0;

  constructor(options: FlowGraphOptions) {
    this.#options = options;
  }

  /** Grows whenever any answer may have changed. */
  get version(): number {
    return this.#version;
  }

  /** Undefined before the first reading. */
  get lastReadingAtMs(): number | undefined {
    return this.#lastReadingAtMs;
  }

  /** A rate takes two readings: until then every one is 0. */
  get hasRates(): boolean {
    return this.#readingCount > 1;
  }

  /** Counters kept, at most `flowsMax`. */
  get flowCount(): number {
    return this.#tracked.size;
  }

  /** Takes in one reading. A reading that is no newer than the last one is refused whole. */
  observe(reading: Omit<FlowReading, "delays">): Observation {
    const isNewer = this.#lastReadingAtMs === undefined || reading.atMs > this.#lastReadingAtMs;
    const result = { accepted: 0, refused: { "not-finite": 0, negative: 0, "not-newer": 0 }, dropped: 0 };
    let firstRefused: Observation["firstRefused"];
    for (const counter of reading.counters) {
      const key = flowCounterKey(counter);
      const reason = isNewer ? this.#track(key, counter, reading.atMs) : "not-newer";
      if (reason === undefined) {
        result.accepted += 1;
        continue;
      }
      result.refused[reason] += 1;
      firstRefused ??= { counter: key, reason };
    }
    if (isNewer && Number.isFinite(reading.atMs)) result.dropped = this.#settle(reading.atMs);
    return { ...result, firstRefused };
  }

  /** Every workload that this one talks to, itself included where its replicas talk among themselves. */
  neighboursOf(workloadKey: string): readonly Neighbour[] {
    return this.#pairs.neighbours.get(workloadKey) ?? [];
  }

  /** Workloads that have any flow. */
  workloads(): Iterable<string> {
    return this.#pairs.neighbours.keys();
  }

  /** One flow for each directed pair of workloads. */
  flows(nowMs: number): readonly Flow[] {
    return this.#pairs.pairs.map(({ lastAtMs, ...pair }) => ({ ...pair, ageMs: ageMs(nowMs, lastAtMs) }));
  }

  /** One for each counter, with its pods and nodes. */
  counters(): Iterable<TrackedFlow> {
    return this.#tracked.values();
  }

  /** What enters each chain, and what each of its hops carries. */
  chainDemand(nowMs: number): readonly ChainDemand[] {
    return chainDemands(this.#tracked.values(), { asOfMs: this.#lastReadingAtMs ?? nowMs, nowMs });
  }

  #track(key: string, counter: FlowCounter, atMs: number): RefusalReason | undefined {
    const known = this.#tracked.get(key);
    const flow = known ?? this.#newFlow(counter, atMs);
    const refusal = flow.observe(counter, atMs);
    if (refusal) return refusal;
    if (known) this.#tracked.delete(key);
    this.#tracked.set(key, flow);
    return undefined;
  }

  #newFlow(counter: FlowCounter, atMs: number): TrackedFlow {
    const silentMs = atMs - (this.#sinceMs.get(lineageOf(counter)) ?? atMs);
    return new TrackedFlow(counter, { halfLifeMs: this.#options.halfLifeMs, silentMs });
  }

  /** Forgets what is too old or too much, and adds up the rest. */
  #settle(atMs: number): number {
    const forgottenAtMs = atMs - FORGOTTEN_HALF_LIVES * this.#options.halfLifeMs;
    let dropped = 0;
    for (const [key, flow] of this.#tracked) {
      const isTooMany = this.#tracked.size > this.#options.flowsMax;
      if (!isTooMany && flow.lastAtMs >= forgottenAtMs) break;
      this.#tracked.delete(key);
      if (isTooMany) dropped += 1;
    }
    this.#sinceMs = new Map(
      [...this.#tracked.values()].map(({ lineage }) => [lineage, this.#sinceMs.get(lineage) ?? atMs]),
    );
    this.#lastReadingAtMs = atMs;
    this.#pairs = pairTotals(this.#tracked.values(), atMs);
    this.#readingCount += 1;
    this.#version += 1;
    return dropped;
  }
}

function ageMs(nowMs: number, lastAtMs: number): number {
  return Math.max(0, nowMs - lastAtMs);
}
