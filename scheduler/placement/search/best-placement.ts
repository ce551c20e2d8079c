import type { PlacementState } from "./placement-state.ts";

/** The best that a state has been, from its construction on: least broken first, then what gains most. */
export class BestPlacement {
  readonly counts: Int32Array;
  gained: number;
  moved: number;
  excess: number;
  readonly #state: PlacementState;
  #rememberedAtStep = 0;

  constructor(state: PlacementState) {
    this.#state = state;
    this.counts = state.counts.slice();
    this.gained = state.gained;
    this.moved = state.moved;
    this.excess = state.excess;
  }

  /** Whether the state is better now. */
  isBeaten(): boolean {
    const { excess, gained } = this.#state;
    return excess === this.excess ? gained > this.gained : excess < this.excess;
  }

  /** If the state is better now. O(services * nodes). */
  remember(): void {
    if (!this.isBeaten()) return;
    const { counts, gained, moved, excess } = this.#state;
    this.counts.set(counts);
    this.gained = gained;
    this.moved = moved;
    this.excess = excess;
  }

  /** The same if so many steps were taken since that remembering is little beside them. */
  rememberAfter(steps: number): void {
    if (!this.isBeaten() || steps - this.#rememberedAtStep < this.counts.length / COPIED_PER_STEP) return;
    this.#rememberedAtStep = steps;
    this.remember();
  }
}

/** Cells that are copied in a tenth of the time of a step, about. */
const COPIED_PER_STEP = 200;
