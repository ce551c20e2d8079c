/** Time as a dependency: shells hand it on, pure code takes `nowMs` as an argument. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Calls once after a delay; the answer cancels. */
  after(delayMs: number, call: () => void): () => void;
  /** Calls again and again; the answer cancels. */
  every(intervalMs: number, call: () => void): () => void;
}
