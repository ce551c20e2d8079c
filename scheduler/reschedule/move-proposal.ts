/** From a list of moves to what a PlacementPlan offers. */
import { present } from "../../core/model/invariant.ts";
import type { MoveProposal, PlannedMove } from "../../core/model/placement-plan.ts";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { type ReplicaMove, TrafficCost } from "./traffic-cost.ts";
import { type MoveWorth, type WeighedMove, worthwhileMoves } from "./worthwhile-moves.ts";

export interface WorthLimits {
  /** What each move has to save on average, in bytes per second times cost. */
  readonly moveCost: number;
  /** The same as a part of the cost of all traffic; the larger of the two counts. */
  readonly moveCostPart: number;
  /** How much more all traffic may cost on the way, as a part of its cost before. */
  readonly dipMax: number;
}

export interface ProposalOptions extends WorthLimits {
  readonly flowsAgeMs: number;
}

/** Those of the moves, from the first on, that are worth making as the cluster is now; undefined where none is. */
export function proposalOf(
  moves: readonly ReplicaMove[],
  scenario: PlacementScenario,
  options: ProposalOptions,
): MoveProposal | undefined {
  const cost = new TrafficCost(scenario);
  const worthwhile = worthwhileMoves(moves, cost, worthOf(cost, options));
  if (worthwhile.length === 0) return undefined;
  const gain = worthwhile.reduce((sum, move) => sum + move.gain, 0);
  return {
    moves: worthwhile.map(plannedMove),
    gain: roundedCost(gain),
    costBefore: roundedCost(cost.total),
    costAfter: roundedCost(cost.total - gain),
    flowsAgeMs: options.flowsAgeMs,
  };
}

export function worthOf({ total }: TrafficCost, { moveCost, moveCostPart, dipMax }: WorthLimits): MoveWorth {
  return { moveCost: Math.max(moveCost, moveCostPart * total), dipMax: dipMax * total };
}

/** In a scenario of a cluster a service's name is its workload's key. */
export function replicaMove({ workload, from, to }: PlannedMove): ReplicaMove {
  return { service: workloadKey(workload), from, to };
}

/** To as many digits as anybody reads; never -0, which no JSON has. */
export function roundedCost(cost: number): number {
  return Number(cost.toFixed(3)) + 0;
}

function plannedMove({ service, from, to, gain }: WeighedMove): PlannedMove {
  const [namespace, name] = service.split("/");
  const workload = { namespace: present(namespace, "namespace"), name: present(name, "name") };
  return { workload, from, to, gain: roundedCost(gain) };
}
