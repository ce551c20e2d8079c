/** Second objective: the least amount * delay that no resource pays for with more than a given utilisation. */
import { delayOf, type FlowState, reload } from "./flow-state.ts";
import { mixRoutes, type RoutesBefore, rememberRoutes } from "./mix-routes.ts";
import type { Rounds } from "./rounds.ts";

export interface DelayGoal {
  readonly utilisationMax: number;
  /** For each round: mu as a part of the largest utilisation that is allowed. */
  readonly smoothings: readonly number[];
  /** Asked after each round. */
  readonly isEnough: () => boolean;
}

/**
 * How much all delay counts beside the utilisation that is allowed. The larger, the sharper the answer and the more of it lies
 * beyond the limit before it is mixed back; between 3 and 30 the figures differ by less than half a per cent.
 */
const DELAY_WEIGHT = 10;

/** Answers the number of rounds. What exceeds the limit in the end is mixed with the flows at the beginning. */
export function lowerDelay({ state, run }: Rounds, { utilisationMax, smoothings, isEnough }: DelayGoal): number {
  const { potential } = state;
  const before = {
    flows: state.flows.slice(),
    utilisations: potential.utilisations.slice(),
    routes: rememberRoutes(state),
  };
  let rounds = 0;
  for (const part of smoothings) {
    const delay = delayOf(state);
    if (delay === 0) break;
    const delayPrice = (DELAY_WEIGHT * utilisationMax) / delay;
    potential.retune({ smoothing: part * utilisationMax, reference: utilisationMax, delayPrice });
    run();
    rounds += 1;
    if (isEnough()) break;
  }
  reload(state);
  mixWith(before, state, utilisationMax);
  return rounds;
}

interface Before {
  readonly flows: Float64Array;
  readonly utilisations: Float64Array;
  readonly routes: RoutesBefore;
}

/** Utilisations of a mixture are the mixture of utilisations, so the largest part that keeps the limit is at hand. */
function mixWith(before: Before, state: FlowState, utilisationMax: number): void {
  const { utilisations } = state.potential;
  let part = 1;
  for (const [resource, after] of utilisations.entries()) {
    const was = before.utilisations[resource] ?? 0;
    if (after > utilisationMax && after > was)
      part = Math.min(part, Math.max(0, (utilisationMax - was) / (after - was)));
  }
  if (part === 1) return;
  mixRoutes(state, before.routes, part);
  for (const [arc, was] of before.flows.entries()) state.flows[arc] = part * (state.flows[arc] ?? 0) + (1 - part) * was;
  reload(state);
}
