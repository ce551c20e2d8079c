import type { SeededRandom } from "./seeded-random.ts";

/** Draws indexes with given odds in constant time. Source: A. J. Walker, Electronics Letters 10 (1974) 127. */
export class AliasTable {
  readonly #keep: Float64Array;
  readonly #alias: Int32Array;

  /** @param odds at least one of them more than 0. */
  constructor(odds: ArrayLike<number>) {
    const count = odds.length;
    let total = 0;
    for (let i = 0; i < count; i++) total += odds[i] ?? 0;
    this.#keep = Float64Array.from(odds, (each) => (each * count) / total);
    this.#alias = Int32Array.from(odds, (_, index) => index);
    const small: number[] = [];
    const large: number[] = [];
    for (const [index, part] of this.#keep.entries()) (part < 1 ? small : large).push(index);
    while (small.length > 0 && large.length > 0) {
      const low = small.pop() as number;
      const high = large.at(-1) as number;
      this.#alias[low] = high;
      const left = (this.#keep[high] as number) - (1 - (this.#keep[low] as number));
      this.#keep[high] = left;
      if (left < 1) small.push(large.pop() as number);
    }
  }

  draw(random: SeededRandom): number {
    const at = random.next() * this.#keep.length;
    const index = Math.floor(at);
    return at - index < (this.#keep[index] as number) ? index : (this.#alias[index] as number);
  }
}
