import type { Effort } from "./effort.ts";
import { goHome } from "./go-home.ts";
import { GroupStep } from "./group-step.ts";
import { relocate } from "./relocate.ts";
import type { Walk } from "./walk.ts";

export interface Cooling {
  /** Temperatures to begin and to end with, in what a placement gains. */
  readonly hot: number;
  readonly cold: number;
  /** It ends when this part of the whole effort is spent, or after so many steps. */
  readonly until: number;
  readonly stepsMax: number;
  readonly onLook?: (() => void) | undefined;
}

/** Walks from hot to cold, by the same factor for equal parts of the time; the last stretch takes gains only. */
export function anneal(walk: Walk, effort: Effort, { hot, cold, until, stepsMax, onLook }: Cooling): void {
  const group = new GroupStep(walk);
  const stepsPerLook = Math.min(LOOK_STEPS_MAX, Math.ceil(stepsMax / LOOKS_MIN));
  const [from, firstStep] = [effort.spent(), effort.steps];
  walk.movePrice = hot * FIRST_PRICE;
  for (let spent = from; ; spent = effort.spent()) {
    const part = Math.max((spent - from) / (until - from), (effort.steps - firstStep) / stepsMax);
    if (spent >= until || part >= 1) return;
    walk.temperature = part < LAST_STRETCH ? hot * (cold / hot) ** (part / LAST_STRETCH) : 0;
    adjustPrice(walk, cold);
    for (let step = 0; step < stepsPerLook; step++) takeStep(walk, group);
    effort.steps += stepsPerLook;
    onLook?.();
  }
}

const LOOK_STEPS_MAX = 512;
const LOOKS_MIN = 400;
const LAST_STRETCH = 0.98;
const FIRST_PRICE = 0.1;
const PRICE_CHANGE = 1.02;
/** Part of the budget that the price aims at. */
const BUDGET_TARGET = 0.97;

/** Odds of the steps; the rest are relocations of one service. Without a limit on moves nothing needs to return. */
const GROUPS = 0.3;
const RETURNS = 0.15;

function takeStep(walk: Walk, group: GroupStep): void {
  const draw = walk.random.next();
  if (draw < GROUPS) group.run();
  else if (draw < GROUPS + RETURNS && walk.movesMax < Number.POSITIVE_INFINITY) goHome(walk);
  else relocate(walk);
}

/**
 * Lets the price of a move float so that the placement stays a little below the limit. At the limit itself, nothing could move
 * but what goes home, and the first moves made would keep better ones out.
 */
function adjustPrice(walk: Walk, cold: number): void {
  if (walk.movesMax === Number.POSITIVE_INFINITY || walk.temperature === 0) {
    walk.movePrice = 0;
    return;
  }
  const isOver = walk.state.moved > BUDGET_TARGET * walk.movesMax;
  walk.movePrice = Math.max(cold / 10, isOver ? walk.movePrice * PRICE_CHANGE : walk.movePrice / PRICE_CHANGE);
}
