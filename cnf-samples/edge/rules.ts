/** Which frame is worked on, which waits, and which is refused: workers that are busy with one frame each, and a bounded queue. */

export interface PoolLimits {
  readonly workers: number;
  /** Frames that wait while all workers are busy. */
  readonly queueMax: number;
}

export type Admission = "working" | "waiting" | "refused";

export class WorkerPool<Frame> {
  readonly #limits: PoolLimits;
  readonly #waiting: Frame[] = [];
  #busy = 0;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  get busy(): number {
    return this.#busy;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** A frame that is working is the caller's to finish. */
  offer(frame: Frame): Admission {
    const { workers, queueMax } = this.#limits;
    if (this.#busy < workers) {
      this.#busy += 1;
      return "working";
    }
    if (this.#waiting.length >= queueMax) return "refused";
    this.#waiting.push(frame);
    return "waiting";
  }

  /** A worker is done; answers the frame that it takes next, the one that has waited longest. */
  finish(): Frame | undefined {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy -= 1;
    return next;
  }
}
