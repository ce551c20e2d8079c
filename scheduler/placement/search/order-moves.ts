/** From a planned placement to moves of single replicas, one after another. */
import type { PlacementScenario, PlannedPlacement } from "../../../core/model/placement-scenario.ts";
import { type LeftOut, MoveOrdering } from "./move-ordering.ts";
import { type WantedMove, WantedMoves } from "./wanted-moves.ts";

export interface OrderedMove {
  readonly service: string;
  readonly from: string;
  readonly to: string;
  /** What it adds to `PlacementFacts.saved`, a part of all traffic's cost, made after those before it; below 0 if it makes way for the next. */
  readonly gain: number;
}

/** A move that the plan wants and the order has not. */
export interface LeftOutMove {
  readonly service: string;
  readonly from: string;
  readonly to: string;
  readonly because: LeftOut["because"];
}

export interface MoveOrder {
  readonly moves: readonly OrderedMove[];
  readonly leftOut: readonly LeftOutMove[];
}

/** The moves of `moveOrder`. */
export function orderMoves(
  scenario: PlacementScenario,
  placement: PlannedPlacement,
  movesMax: number,
): readonly OrderedMove[] {
  return moveOrder(scenario, placement, movesMax).moves;
}

/**
 * Moves that mend a broken limit first, then that which gains most, then what that has made possible. Every limit that holds
 * before a move holds after it. A move that gains nothing is made only as one of a bundle, such as a group that goes one by one
 * or a service that makes way, and a bundle gains in all; so the placement is worse than at first only within the first bundles.
 *
 * @param placement within the limits of the scenario; its pending replicas are there from the beginning and are no moves.
 */
export function moveOrder(scenario: PlacementScenario, placement: PlannedPlacement, movesMax: number): MoveOrder {
  const ordering = new MoveOrdering(new WantedMoves(scenario, placement), movesMax);
  ordering.run();
  const named = ({ service, from, to }: LeftOut | WantedMove) => ({
    service: scenario.services[service]?.name ?? "",
    from: scenario.nodes[from]?.name ?? "",
    to: scenario.nodes[to]?.name ?? "",
  });
  return {
    moves: ordering.made.map((move) => ({ ...named(move), gain: move.gain })),
    leftOut: ordering.leftOut().map((move) => ({ ...named(move), because: move.because })),
  };
}
