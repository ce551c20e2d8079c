/** A rate learned from a cumulative counter, in which recent time counts more than old time. */

/** Why a counter value was not taken in. */
export type RefusalReason = "not-finite" | "negative" | "not-newer";

const MS_PER_SECOND = 1000;

/**
 * Mean rate of a counter, weighting each moment by 2^(-age / halfLife).
 *
 *     weight <- weight * f + (1 - f)                           with f = 2^(-dt / halfLife)
 *     rate   <- rate + (delta / dt - rate) * (1 - f) / weight
 *
 * The weight is 1 - 2^(-T / halfLife) after a time T; dividing by it corrects the start, so that the second value already
 * gives the true rate, and every moment since then counts by its age alone. The first value is only where
 * counting starts. A value below the last one means that the counter was reset, so all of it is new.
 *
 * A counter that takes over from others, as a new pod's from an old one's, counts as silent since those began: then their rates
 * fade as fast as its own grows, and the sum stays what it is.
 */
export class DecayedRate {
  readonly #halfLifeMs: number;
  #total: number | undefined;
  #atMs = 0;
  #rate = 0;
  #weight = 0;

  /**
   * @param halfLifeMs greater than 0.
   * @param silentMs at least 0: for so long before its first value the counter stood still.
   */
  constructor(halfLifeMs: number, silentMs = 0) {
    this.#halfLifeMs = halfLifeMs;
    this.#weight = 1 - decayFactor(silentMs, halfLifeMs);
  }

  /** Takes in the counter's value; undefined when accepted. A refused value changes nothing. */
  observe(total: number, atMs: number): RefusalReason | undefined {
    const refusal = this.refusalOf(total, atMs);
    if (refusal) return refusal;
    if (this.#total !== undefined) this.#takeIn(total < this.#total ? total : total - this.#total, atMs - this.#atMs);
    this.#total = total;
    this.#atMs = atMs;
    return undefined;
  }

  /** Why `observe` would refuse, without observing. */
  refusalOf(total: number, atMs: number): RefusalReason | undefined {
    if (!Number.isFinite(total) || !Number.isFinite(atMs)) return "not-finite";
    if (total < 0) return "negative";
    return this.#total !== undefined && atMs <= this.#atMs ? "not-newer" : undefined;
  }

  /** Per second, at the time of the last value; 0 until there are two. */
  perSecond(): number {
    return this.#rate;
  }

  /** The rate once nothing more has been heard until `atMs`: halved every half-life. */
  perSecondFadedTo(atMs: number): number {
    return this.perSecond() * decayFactor(Math.max(0, atMs - this.#atMs), this.#halfLifeMs);
  }

  #takeIn(delta: number, elapsedMs: number): void {
    const factor = decayFactor(elapsedMs, this.#halfLifeMs);
    this.#weight = this.#weight * factor + (1 - factor);
    this.#rate += ((delta * MS_PER_SECOND) / elapsedMs - this.#rate) * ((1 - factor) / this.#weight);
  }
}

/** 2^(-elapsed / halfLife), in (0, 1]. */
function decayFactor(elapsedMs: number, halfLifeMs: number): number {
  return 2 ** (-elapsedMs / halfLifeMs);
}
