/** Many byte patterns found in one pass over a stream (Aho and Corasick, 1975): O(1) per byte, whatever the patterns. */

const alphabet = 256;

/** Matching ignores the case of ASCII letters. Memory: 1 KiB per byte of pattern. */
export class PatternAutomaton {
  /** `next[state * 256 + byte]`. */
  readonly #next: Int32Array;
  /** Index of the first-listed pattern that ends in a state, or -1. */
  readonly #match: Int32Array;

  constructor(patterns: readonly string[]) {
    const bytes = patterns.map((pattern) => Buffer.from(pattern, "latin1"));
    const statesMax = 1 + bytes.reduce((sum, { length }) => sum + length, 0);
    this.#next = new Int32Array(statesMax * alphabet).fill(-1);
    this.#match = new Int32Array(statesMax).fill(-1);
    this.#addPatterns(bytes);
    this.#linkFailures(statesMax);
  }

  /** State before the first byte. */
  readonly start = 0;

  step(state: number, byte: number): number {
    return this.#next[state * alphabet + lower(byte)] ?? 0;
  }

  /** The pattern found on arriving in a state, the first listed where several end there; -1 for none. */
  matchOf(state: number): number {
    return this.#match[state] ?? -1;
  }

  #addPatterns(patterns: readonly Buffer[]): void {
    let states = 1;
    for (const [index, pattern] of patterns.entries()) {
      let state = 0;
      for (const byte of pattern) {
        const edge = state * alphabet + lower(byte);
        if (this.#next[edge] === -1) this.#next[edge] = states++;
        state = this.#next[edge] ?? 0;
      }
      if (this.#match[state] === -1) this.#match[state] = index;
    }
  }

  /** Breadth first: missing edges lead where the longest proper suffix leads, whose matches are matches here too. */
  #linkFailures(statesMax: number): void {
    const failure = new Int32Array(statesMax);
    const queue: number[] = [0];
    for (let head = 0; head < queue.length; head++) {
      const state = queue[head] ?? 0;
      const suffix = failure[state] ?? 0;
      this.#match[state] = firstOf(this.#match[state] ?? -1, this.#match[suffix] ?? -1);
      for (let byte = 0; byte < alphabet; byte++) {
        const edge = state * alphabet + byte;
        const fallback = state === 0 ? 0 : (this.#next[suffix * alphabet + byte] ?? 0);
        const child = this.#next[edge] ?? -1;
        if (child === -1) {
          this.#next[edge] = fallback;
        } else {
          failure[child] = fallback;
          queue.push(child);
        }
      }
    }
  }
}

function firstOf(own: number, other: number): number {
  if (own === -1 || other === -1) return Math.max(own, other);
  return Math.min(own, other);
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}
