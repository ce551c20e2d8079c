/** A rate learned from a cumulative counter, in which recent time counts more than old time. */

/** Why a counter value was not taken in. */
export type RefusalReason = "not-finite" | "negative" | "not-newer";

const MS_PER_SECOND = 1000;

/**
 * Mean rate of a counter, weighting each moment by 2^(-age / halfLife).
 *
 *     weighted <- weighted * f + (delta / dt) * (1 - f)     with f = 2^(-dt / halfLife)
 *     weight   <- weight * f + (1 - f)                      which is 1 - 2^(-T / halfLife) after a time T
 *     rate      = weighted / weight
 *
 * Dividing by the weight corrects the start: the second value already gives the true rate. The first value is only where
 * counting starts. A value below the last one means that the counter was reset, so all of it is new.
 */
export class DecayedRate {
  readonly #halfLifeMs: number;
  #total: number | undefined;
  #atMs = 0;
  #weighted = 0;
  #weight = 0;

  /** @param halfLifeMs greater than 0. */
  constructor(halfLifeMs: number) {
    this.#halfLifeMs = halfLifeMs;
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
    return this.#weight > 0 ? this.#weighted / this.#weight : 0;
  }

  /** The rate once nothing more has been heard until `atMs`: halved every half-life. */
  perSecondFadedTo(atMs: number): number {
    return this.perSecond() * decayFactor(Math.max(0, atMs - this.#atMs), this.#halfLifeMs);
  }

  #takeIn(delta: number, elapsedMs: number): void {
    const factor = decayFactor(elapsedMs, this.#halfLifeMs);
    this.#weighted = this.#weighted * factor + ((delta * MS_PER_SECOND) / elapsedMs) * (1 - factor);
    this.#weight = this.#weight * factor + (1 - factor);
  }
}

/** 2^(-elapsed / halfLife), in (0, 1]. */
export function decayFactor(elapsedMs: number, halfLifeMs: number): number {
  return 2 ** (-elapsedMs / halfLifeMs);
}
