/** From a planned placement to the moves that a PlacementPlan offers. */
import { present } from "../../core/model/invariant.ts";
import { type MoveProposal, type PlannedMove, planMovesLimit } from "../../core/model/placement-plan.ts";
import type { PlacementScenario, PlannedPlacement } from "../../core/model/placement-scenario.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { orderMoves } from "../placement/search/order-moves.ts";
import { type ReplicaMove, TrafficCost } from "./traffic-cost.ts";
import { type MoveWorth, type WeighedMove, worthwhileMoves } from "./worthwhile-moves.ts";

export interface ProposalOptions {
  readonly movesMax: number;
  /** As parts of the cost of all traffic. */
  readonly moveCost: number;
  readonly dipMax: number;
  readonly flowsAgeMs: number;
}

/** Undefined where no move is worth making. */
export function moveProposal(
  scenario: PlacementScenario,
  placement: PlannedPlacement,
  options: ProposalOptions,
): MoveProposal | undefined {
  const cost = new TrafficCost(scenario);
  const ordered = orderMoves(scenario, placement, Math.min(options.movesMax, planMovesLimit));
  const moves = worthwhileMoves(ordered, cost, worthOf(cost, options));
  if (moves.length === 0) return undefined;
  const gain = moves.reduce((sum, move) => sum + move.gain, 0);
  return {
    moves: moves.map(plannedMove),
    gain: roundedCost(gain),
    costBefore: roundedCost(cost.total),
    costAfter: roundedCost(cost.total - gain),
    flowsAgeMs: options.flowsAgeMs,
  };
}

/** Parts of the cost as it is now, in its unit. */
export function worthOf({ total }: TrafficCost, { moveCost, dipMax }: MoveWorth): MoveWorth {
  return { moveCost: moveCost * total, dipMax: dipMax * total };
}

/** In a scenario of a cluster a service's name is its workload's key. */
export function replicaMove({ workload, from, to }: PlannedMove): ReplicaMove {
  return { service: workloadKey(workload), from, to };
}

function plannedMove({ service, from, to, gain }: WeighedMove): PlannedMove {
  const [namespace, name] = service.split("/");
  return {
    workload: { namespace: present(namespace, "namespace"), name: present(name, "name") },
    from,
    to,
    gain: roundedCost(gain),
  };
}

/** To as many digits as anybody reads; never -0, which no JSON has. */
export function roundedCost(cost: number): number {
  return Number(cost.toFixed(3)) + 0;
}
