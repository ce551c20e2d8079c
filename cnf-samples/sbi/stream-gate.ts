/** Bounds what is under way at once, and how many may wait for it. */
export class StreamGate {
  readonly #inFlightMax: number;
  readonly #waitingMax: number;
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;

  constructor(inFlightMax: number, waitingMax: number) {
    this.#inFlightMax = inFlightMax;
    this.#waitingMax = waitingMax;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** True once there is room; false at once when too many wait already. */
  enter(): Promise<boolean> | boolean {
    if (this.#inFlight < this.#inFlightMax) {
      this.#inFlight += 1;
      return true;
    }
    if (this.#waiting.length >= this.#waitingMax) return false;
    return new Promise((resolve) => {
      this.#waiting.push(() => resolve(true));
    });
  }

  /** Hands the place on to who waits longest, or frees it. */
  leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#inFlight -= 1;
  }
}
