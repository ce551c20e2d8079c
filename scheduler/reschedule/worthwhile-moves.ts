/** How many of a list of moves are worth making, from the first on. */
import type { ReplicaMove, TrafficCost } from "./traffic-cost.ts";

/** In the unit of costs. */
export interface MoveWorth {
  /** What every move has to gain on average, for it costs a pod's restart. */
  readonly moveCost: number;
  /** By how much traffic may cost more on the way than at the beginning. */
  readonly dipMax: number;
}

export interface WeighedMove extends ReplicaMove {
  /** After those before it. */
  readonly gain: number;
}

/**
 * The moves up to where gain less the moves' cost is highest, none if that is never above 0. Those behind a point at which
 * traffic would cost more than allowed do not count, nor do moves that cannot be made.
 *
 * @param cost as it is before them; it is the same afterwards.
 */
export function worthwhileMoves(
  moves: readonly ReplicaMove[],
  cost: TrafficCost,
  { moveCost, dipMax }: MoveWorth,
): readonly WeighedMove[] {
  const made: WeighedMove[] = [];
  let gained = 0;
  let best = { worth: 0, count: 0 };
  for (const { service, from, to } of moves) {
    const gain = cost.make({ service, from, to });
    if (gain === undefined) continue;
    made.push({ service, from, to, gain });
    gained += gain;
    if (gained < -dipMax - rounding(cost)) break;
    const worth = gained - made.length * moveCost;
    if (worth > best.worth) best = { worth, count: made.length };
  }
  for (const { service, from, to } of made.toReversed()) cost.make({ service, from: to, to: from });
  return made.slice(0, best.count);
}

/** Differences so small are none. */
export function rounding({ total }: TrafficCost): number {
  return 1e-9 * Math.max(1, Math.abs(total));
}
