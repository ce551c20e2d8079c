/** How traffic has fared on each path of late: what the scheduler has learned from the classifiers' counters. */
import type { PathSample } from "../model/flow.ts";
import type { Trials } from "../stats/fisher-exact.ts";

export interface PathRecordOptions {
  /** After this long an attempt counts half, and its failure too. */
  readonly halfLifeMs: number;
  /** More counters than this are not kept: the one heard of longest ago goes first. */
  readonly countersMax: number;
}

/** Whole numbers, of which old ones have faded. */
export interface PathRecord extends Trials {
  readonly chain: string;
  readonly spi: number;
  /** The last reading in which something new was counted. */
  readonly lastAtMs: number;
}

/** A path that has been silent for so many half-lives has a thousandth of its record left, and is forgotten. */
const FORGOTTEN_HALF_LIVES = 10;

interface Counter {
  readonly attempts: number;
  readonly failures: number;
  readonly atMs: number;
}

interface Tally {
  readonly chain: string;
  readonly spi: number;
  attempts: number;
  failures: number;
  /** To which the counts are faded. */
  asOfMs: number;
  lastAtMs: number;
}

/**
 * Attempts and failures of each path, every one weighted by 2^(-age / halfLife). A counter's first value is where counting starts,
 * unless its reporter was in the reading before: then the path is new to it, and all of the value. A value below the last one means
 * a reset, so all of it is new. Fading makes a comparison of two records more careful than counts of their size would be, for the
 * sum of squared weights, and with it the variance, is half of their sum. `observe` costs O(samples + counters).
 */
export class PathRecords {
  readonly #options: PathRecordOptions;
  /** In order of the last reading that had them, oldest first. */
  readonly #counters = new Map<string, Counter>();
  readonly #tallies = new Map<string, Tally>();
  #reporters: ReadonlySet<string> = new Set();
  #lastReadingAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: PathRecordOptions) {
    this.#options = options;
  }

  /** @returns how many samples were refused: impossible ones, and all of a reading that is no newer than the last. */
  observe(samples: readonly PathSample[], atMs: number): number {
    if (!(atMs > this.#lastReadingAtMs)) return samples.length;
    this.#lastReadingAtMs = atMs;
    const possible = samples.filter(isPossible);
    for (const sample of possible) this.#takeIn(sample, atMs);
    this.#reporters = new Set(possible.map(({ reporter }) => reporter));
    this.#settle(atMs);
    return samples.length - possible.length;
  }

  /** As of the last reading. O(paths). */
  records(): readonly PathRecord[] {
    return [...this.#tallies.values()].map((tally) => {
      const { attempts, failures } = this.#faded(tally, this.#lastReadingAtMs);
      const { chain, spi, lastAtMs } = tally;
      // A flow that breaks off late fails when its attempt has faded already.
      const whole = { attempts: Math.floor(Math.max(attempts, failures)), failures: Math.floor(failures) };
      return { chain, spi, ...whole, lastAtMs };
    });
  }

  #takeIn(sample: PathSample, atMs: number): void {
    const { chain, spi, reporter, attempts, failures } = sample;
    const key = JSON.stringify([chain, spi, reporter]);
    const known = this.#counters.get(key);
    this.#counters.delete(key);
    this.#counters.set(key, { attempts, failures, atMs });
    if (known === undefined && !this.#reporters.has(reporter)) return;
    const isReset = known === undefined || attempts < known.attempts || failures < known.failures;
    const before = isReset ? { attempts: 0, failures: 0 } : known;
    this.#add(sample, { attempts: attempts - before.attempts, failures: failures - before.failures }, atMs);
  }

  #add({ chain, spi }: PathSample, news: Trials, atMs: number): void {
    if (news.attempts === 0 && news.failures === 0) return;
    const key = JSON.stringify([chain, spi]);
    const tally = this.#tallies.get(key) ?? { chain, spi, attempts: 0, failures: 0, asOfMs: atMs, lastAtMs: atMs };
    const { attempts, failures } = this.#faded(tally, atMs);
    tally.attempts = attempts + news.attempts;
    tally.failures = failures + news.failures;
    tally.asOfMs = atMs;
    tally.lastAtMs = atMs;
    this.#tallies.set(key, tally);
  }

  #faded({ attempts, failures, asOfMs }: Tally, atMs: number): Trials {
    const factor = 2 ** (-Math.max(0, atMs - asOfMs) / this.#options.halfLifeMs);
    return { attempts: attempts * factor, failures: failures * factor };
  }

  /** Forgets what is too old or too much. */
  #settle(atMs: number): void {
    const { halfLifeMs, countersMax } = this.#options;
    const forgottenAtMs = atMs - FORGOTTEN_HALF_LIVES * halfLifeMs;
    for (const [key, counter] of this.#counters) {
      if (this.#counters.size <= countersMax && counter.atMs >= forgottenAtMs) break;
      this.#counters.delete(key);
    }
    for (const [key, { lastAtMs }] of this.#tallies) if (lastAtMs < forgottenAtMs) this.#tallies.delete(key);
  }
}

function isPossible({ attempts, failures }: PathSample): boolean {
  return Number.isFinite(attempts) && failures >= 0 && failures <= attempts;
}
