/** The least of late values, for measurements that can come out too large and never too small. */

export interface RecentLeastOptions {
  /** A span lasts at least this long. */
  readonly spanMs: number;
  /** A span has at least so many values. */
  readonly valuesMin: number;
}

/**
 * The least value of the running span and of the one before it, so that what happened before counts no longer than two spans. A
 * span ends only when it is old enough and has values enough: where values are rare it lasts longer, and no single late value can
 * push all good ones out.
 *
 * Round trips are such measurements. Whatever is in their way, as a queue or a busy process, adds to them, so the least is nearest
 * to the distance itself; means and medians are not, once most values were held up.
 *
 * Source: the round-trip filter of BBR (Cardwell et al., ACM Queue 14(5), 2016, https://doi.org/10.1145/3012426.3022184); NTP's clock
 * filter goes by the least delay of its last eight for the same reason (RFC 5905, section 10).
 */
export class RecentLeast {
  readonly #options: RecentLeastOptions;
  #before = Number.POSITIVE_INFINITY;
  #running = Number.POSITIVE_INFINITY;
  #count = 0;
  #sinceMs = 0;

  constructor(options: RecentLeastOptions) {
    this.#options = options;
  }

  /** Infinity before the first value. */
  get least(): number {
    return Math.min(this.#before, this.#running);
  }

  observe(value: number, atMs: number): void {
    const { spanMs, valuesMin } = this.#options;
    if (this.#count === 0) this.#sinceMs = atMs;
    if (this.#count >= valuesMin && atMs - this.#sinceMs >= spanMs) {
      this.#before = this.#running;
      this.#running = Number.POSITIVE_INFINITY;
      this.#count = 0;
      this.#sinceMs = atMs;
    }
    this.#running = Math.min(this.#running, value);
    this.#count += 1;
  }
}
