/** The moves that may be proposed next, and for how long they have been worth making. */
import type { MoveProposal } from "../../core/model/placement-plan.ts";
import { type GainWindow, isRipe, nextWindow, shutWindow, type WindowTimes } from "./gain-window.ts";

export interface CandidateLimits {
  readonly intervalMs: number;
  readonly windowMs: number;
  /** Of the cost of all traffic. */
  readonly gainMin: number;
  /** What saves more by this part is other moves worth waiting for. */
  readonly betterBy: number;
}

/** Looks that lie further apart have nothing to say of the time between. */
const GAP_INTERVALS = 3;

/**
 * The same moves have to be worth making at every look of the window. That any moves are is not enough: where flows swing to and fro
 * there always are some, and never the same.
 */
export class Candidate {
  readonly #limits: CandidateLimits;
  readonly #times: WindowTimes;
  #proposal: MoveProposal | undefined;
  #window: GainWindow = shutWindow;

  constructor(limits: CandidateLimits) {
    this.#limits = limits;
    this.#times = { windowMs: limits.windowMs, gapMsMax: GAP_INTERVALS * limits.intervalMs };
  }

  /** With its gains as of the last look. */
  get proposal(): MoveProposal | undefined {
    return this.#proposal;
  }

  get isRipe(): boolean {
    return isRipe(this.#window, this.#times);
  }

  /**
   * @param found the best moves as the cluster is now.
   * @param asNow older moves, as far as they are worth making now.
   * @param kept what another plan saves already that is waiting to be approved.
   */
  look(
    found: MoveProposal | undefined,
    asNow: (proposal: MoveProposal) => MoveProposal | undefined,
    kept: number,
    nowMs: number,
  ): void {
    const held = this.#proposal && asNow(this.#proposal);
    const isHeld = held !== undefined && this.#isEnough(held, kept);
    const isOther = !isHeld || (found !== undefined && found.gain > (1 + this.#limits.betterBy) * held.gain);
    if (isOther) this.drop();
    this.#proposal = isOther ? (found && this.#isEnough(found, kept) ? found : undefined) : held;
    this.#window = nextWindow(this.#window, this.#proposal !== undefined, nowMs, this.#times);
  }

  drop(): void {
    this.#proposal = undefined;
    this.#window = shutWindow;
  }

  #isEnough({ gain, costBefore }: MoveProposal, kept: number): boolean {
    const { gainMin, betterBy } = this.#limits;
    return gain >= gainMin * costBefore && gain >= (1 + betterBy) * kept;
  }
}
