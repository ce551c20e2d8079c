/** How traffic has fared on each path of late, and how long its hops took: what the scheduler has learned from the proxies' counters. */
import type { HopSample, PathSample } from "../model/flow.ts";
import { type FadingOptions, FadingTotals } from "../stats/fading-totals.ts";
import type { Trials } from "../stats/fisher-exact.ts";

/** Whole numbers, of which old ones have faded. */
export interface PathRecord extends Trials {
  readonly chain: string;
  readonly spi: number;
  /** The last reading in which something new was counted. */
  readonly lastAtMs: number;
  /** Mean of late, from a request's head until its response was passed back whole; undefined where none was. */
  readonly answerMs: number | undefined;
  /** Of those that were timed, from the first on. */
  readonly hops: readonly HopRecord[];
}

/** Means of late; undefined where nothing was timed. */
export interface HopRecord {
  /** With which traffic arrives at the hop: 0 at the destination. */
  readonly serviceIndex: number;
  /** From what the function was handed until it gave it back. */
  readonly functionMs: number | undefined;
  /** From a request's head until its response was passed back whole, so all that is behind the hop, both ways. */
  readonly answerMs: number | undefined;
}

type PathSubject = Pick<PathSample, "chain" | "spi">;
type HopSubject = Pick<HopSample, "chain" | "spi" | "serviceIndex">;

/**
 * Fading makes a comparison of two records more careful than counts of their size would be: the sum of squared weights, and with it
 * the variance, is half of their sum.
 */
export class PathRecords {
  readonly #paths: FadingTotals<PathSubject>;
  readonly #hops: FadingTotals<HopSubject>;

  constructor(options: FadingOptions) {
    this.#paths = new FadingTotals(options, ({ chain, spi }) => `${spi} ${chain}`);
    this.#hops = new FadingTotals(options, ({ chain, spi, serviceIndex }) => `${spi} ${serviceIndex} ${chain}`);
  }

  /** @returns how many samples were refused: impossible ones, and all of a reading that is no newer than the last. O(samples + counters). */
  observe(paths: readonly PathSample[], hops: readonly HopSample[], atMs: number): number {
    const possible = paths.filter(({ attempts, failures }) => !(failures > attempts));
    const refusedPaths = this.#paths.observe(
      possible.map(({ chain, spi, reporter, attempts, failures, answer }) => ({
        subject: { chain, spi },
        reporter,
        values: [attempts, failures, answer.count, answer.sumMs],
      })),
      atMs,
    );
    const refusedHops = this.#hops.observe(
      hops.map(({ chain, spi, serviceIndex, reporter, function: of, answer }) => ({
        subject: { chain, spi, serviceIndex },
        reporter,
        values: [of.count, of.sumMs, answer.count, answer.sumMs],
      })),
      atMs,
    );
    return paths.length - possible.length + refusedPaths + refusedHops;
  }

  /** As of the last reading. O(paths + hops). */
  records(): readonly PathRecord[] {
    const hopsOf = Map.groupBy(this.#hops.totals(), ({ subject }) => `${subject.spi} ${subject.chain}`);
    return this.#paths.totals().map(({ subject, values, lastAtMs }) => {
      const { chain, spi } = subject;
      const [attempts = 0, failures = 0, answered = 0, sumMs = 0] = values;
      const timed = hopsOf.get(`${spi} ${chain}`) ?? [];
      const hops = timed.map(({ subject: { serviceIndex }, values }) => hopRecord(serviceIndex, values));
      // A flow that breaks off late fails when its attempt has faded already.
      const whole = { attempts: Math.floor(Math.max(attempts, failures)), failures: Math.floor(failures) };
      const inOrder = hops.toSorted((a, b) => b.serviceIndex - a.serviceIndex);
      return { chain, spi, ...whole, lastAtMs, answerMs: meanOf(sumMs, answered), hops: inOrder };
    });
  }
}

function hopRecord(serviceIndex: number, [timed = 0, functionMs = 0, answered = 0, answerMs = 0]: readonly number[]) {
  return { serviceIndex, functionMs: meanOf(functionMs, timed), answerMs: meanOf(answerMs, answered) };
}

function meanOf(sum: number, count: number): number | undefined {
  return count > 0 ? sum / count : undefined;
}
