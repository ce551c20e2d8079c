const STEPS_MAX = 30;
/** The slope that is left may be this part of the first one. */
const SLOPE_LEFT = 0.02;
/** Or the bracket this part of the longest step. */
const BRACKET_LEFT = 1e-9;

/**
 * Finds how far to go along a direction in which the potential falls at first:
 *
 *   slope(t) = linear + sum over i of change_i * exp(exponent_i + t * change_i / mu)
 *
 * is growing in t. Its rising part P and falling part Q are sums of exponentials, so the logarithm of P / Q is nearly a straight
 * line however stiff they are: Newton's method on it takes two or three steps where on the slope itself it would crawl.
 */
export class LineSearch {
  readonly #changes: Float64Array;
  readonly #exponents: Float64Array;
  #count = 0;
  #linear = 0;
  #smoothing = 1;
  #rising = 0;
  #falling = 0;
  #risingGrowth = 0;
  #fallingGrowth = 0;

  /** `termsMax`: how often `add` may be called for one search. */
  constructor(termsMax: number) {
    this.#changes = new Float64Array(termsMax);
    this.#exponents = new Float64Array(termsMax);
  }

  begin(linear: number, smoothing: number): void {
    this.#count = 0;
    this.#linear = linear;
    this.#smoothing = smoothing;
  }

  add(change: number, exponent: number): void {
    this.#changes[this.#count] = change;
    this.#exponents[this.#count] = exponent;
    this.#count += 1;
  }

  /** In [0, longest]; 0 where the potential does not fall at all. */
  bestStep(longest: number): number {
    this.#evaluate(0);
    const steepest = this.#falling - this.#rising;
    if (!(steepest > 0)) return 0;
    this.#evaluate(longest);
    if (this.#rising <= this.#falling) return longest;
    this.#evaluate(0);
    let [low, high, step] = [0, longest, 0];
    for (let round = 0; round < STEPS_MAX; round += 1) {
      step = this.#newton(step);
      if (!(step > low && step < high)) step = (low + high) / 2;
      this.#evaluate(step);
      if (this.#rising > this.#falling) high = step;
      else low = step;
      const isFlat = Math.abs(this.#rising - this.#falling) <= SLOPE_LEFT * steepest;
      if (isFlat || high - low < BRACKET_LEFT * longest) break;
    }
    return step;
  }

  #newton(step: number): number {
    const growth = this.#risingGrowth / this.#rising - this.#fallingGrowth / this.#falling;
    return step - (Math.log(this.#rising / this.#falling) * this.#smoothing) / growth;
  }

  #evaluate(step: number): void {
    let [rising, falling] = [Math.max(this.#linear, 0), Math.max(-this.#linear, 0)];
    let [risingGrowth, fallingGrowth] = [0, 0];
    const scale = step / this.#smoothing;
    for (let index = 0; index < this.#count; index += 1) {
      const change = this.#changes[index] ?? 0;
      const slope = change * Math.exp((this.#exponents[index] ?? 0) + scale * change);
      if (slope > 0) {
        rising += slope;
        risingGrowth += change * slope;
      } else {
        falling -= slope;
        fallingGrowth -= change * slope;
      }
    }
    this.#rising = rising;
    this.#falling = falling;
    this.#risingGrowth = risingGrowth;
    this.#fallingGrowth = fallingGrowth;
  }
}
