/** How long a search may go on: so many steps, which makes it repeatable, or so much time. */
export type EffortLimit =
  | { readonly kind: "steps"; readonly stepsMax: number }
  | { readonly kind: "time"; readonly nowMs: () => number; readonly millisecondsMax: number };

export interface EffortOptions {
  readonly limit: EffortLimit;
  /** Asked now and then; true ends the search early. */
  readonly shouldStop?: (() => boolean) | undefined;
}

export class Effort {
  readonly #limit: EffortLimit;
  readonly #shouldStop: () => boolean;
  readonly #startedMs: number;
  #isStopped = false;
  /** Steps taken so far. */
  steps = 0;

  constructor({ limit, shouldStop = () => false }: EffortOptions) {
    this.#limit = limit;
    this.#shouldStop = shouldStop;
    this.#startedMs = limit.kind === "time" ? limit.nowMs() : 0;
  }

  /** Part of the limit that is used up; at least 1 when the search has to end. */
  spent(): number {
    this.#isStopped ||= this.#shouldStop();
    if (this.#isStopped) return Number.POSITIVE_INFINITY;
    const limit = this.#limit;
    if (limit.kind === "steps") return this.steps / limit.stepsMax;
    return (limit.nowMs() - this.#startedMs) / limit.millisecondsMax;
  }
}
