/** Totals of counters of many reporters, in which recent time counts more than old time. */

export interface FadingOptions {
  /** After this long what was counted counts half. */
  readonly halfLifeMs: number;
  /** More counters than this are not kept: the one heard of longest ago goes first. */
  readonly countersMax: number;
}

/** Cumulative counters that one reporter has of one subject; all are reset together. */
export interface CounterSample<Subject> {
  readonly subject: Subject;
  /** Who counts. */
  readonly reporter: string;
  readonly values: readonly number[];
}

export interface FadingTotal<Subject> {
  readonly subject: Subject;
  readonly values: readonly number[];
  /** The last reading in which something new was counted. */
  readonly lastAtMs: number;
}

/** What has been silent for so many half-lives has a thousandth of it left, and is forgotten. */
const FORGOTTEN_HALF_LIVES = 10;

interface Counter {
  readonly values: readonly number[];
  readonly atMs: number;
}

interface Tally<Subject> extends FadingTotal<Subject> {
  /** To which the values are faded. */
  readonly asOfMs: number;
}

/**
 * What reporters have counted of each subject, each count weighted by 2^(-age / halfLife). A counter's first value is where counting
 * starts, unless its reporter was in the reading before: then the subject is new to it, and all of the value. A value below the last
 * one means a reset, so all of it is new. `observe` costs O(samples + counters).
 */
export class FadingTotals<Subject> {
  readonly #options: FadingOptions;
  readonly #keyOf: (subject: Subject) => string;
  /** In order of the last reading that had them, oldest first. */
  readonly #counters = new Map<string, Counter>();
  readonly #tallies = new Map<string, Tally<Subject>>();
  #reporters: ReadonlySet<string> = new Set();
  #lastReadingAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: FadingOptions, keyOf: (subject: Subject) => string) {
    this.#options = options;
    this.#keyOf = keyOf;
  }

  /** @returns how many samples were refused: those that no counter can have, and all of a reading that is no newer than the last. */
  observe(samples: readonly CounterSample<Subject>[], atMs: number): number {
    if (!(atMs > this.#lastReadingAtMs)) return samples.length;
    this.#lastReadingAtMs = atMs;
    const possible = samples.filter(({ values }) => values.every((value) => value >= 0 && Number.isFinite(value)));
    for (const sample of possible) this.#takeIn(sample, atMs);
    this.#reporters = new Set(possible.map(({ reporter }) => reporter));
    this.#settle(atMs);
    return samples.length - possible.length;
  }

  /** As of the last reading. O(subjects). */
  totals(): readonly FadingTotal<Subject>[] {
    return [...this.#tallies.values()].map((tally) => {
      const { subject, lastAtMs } = tally;
      return { subject, values: this.#faded(tally, this.#lastReadingAtMs), lastAtMs };
    });
  }

  #takeIn({ subject, reporter, values }: CounterSample<Subject>, atMs: number): void {
    const subjectKey = this.#keyOf(subject);
    const key = `${reporter}\n${subjectKey}`;
    const known = this.#counters.get(key);
    this.#counters.delete(key);
    this.#counters.set(key, { values, atMs });
    if (known === undefined && !this.#reporters.has(reporter)) return;
    const isReset = known === undefined || values.some((value, at) => value < (known.values[at] ?? 0));
    const news = isReset ? values : values.map((value, at) => value - (known.values[at] ?? 0));
    if (news.every((value) => value === 0)) return;
    const tally = this.#tallies.get(subjectKey);
    const before = tally ? this.#faded(tally, atMs) : [];
    const sums = news.map((value, at) => value + (before[at] ?? 0));
    this.#tallies.set(subjectKey, { subject, values: sums, asOfMs: atMs, lastAtMs: atMs });
  }

  #faded({ values, asOfMs }: Tally<Subject>, atMs: number): readonly number[] {
    const factor = 2 ** (-Math.max(0, atMs - asOfMs) / this.#options.halfLifeMs);
    return values.map((value) => value * factor);
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
