/**
 * Time as a dependency: shells hand it on, pure code takes `nowMs` as an argument. It never goes back while the process runs, whatever
 * somebody does to the wall clock; times that another process has written may lie in the future.
 */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Calls once after a delay; the answer cancels. */
  after(delayMs: number, call: () => void): () => void;
  /** Calls again and again; the answer cancels. */
  every(intervalMs: number, call: () => void): () => void;
}
