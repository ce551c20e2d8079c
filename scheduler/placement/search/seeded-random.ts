/**
 * Numbers by chance, the same for the same seed. Small fast counter (sfc32), whose period no search reaches.
 * Source: Chris Doty-Humphrey, PractRand, https://pracrand.sourceforge.net
 */
export class SeededRandom {
  #a = 0x9e3779b9;
  #b = 0x243f6a88;
  #c: number;
  #counter = 1;

  /** @param seed an integer; 32 bits of it count. */
  constructor(seed: number) {
    this.#c = seed | 0;
    for (let i = 0; i < 16; i++) this.#bits();
  }

  /** In [0, 1). */
  next(): number {
    return (this.#bits() >>> 0) / 2 ** 32;
  }

  /** An integer in [0, count). */
  below(count: number): number {
    return Math.floor(this.next() * count);
  }

  #bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum;
  }
}
