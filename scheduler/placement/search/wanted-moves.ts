import { present } from "../../../core/model/invariant.ts";
import type { PlacementScenario, PlannedPlacement } from "../../../core/model/placement-scenario.ts";
import { placementProblemOf } from "./placement-problem.ts";
import { PlacementState } from "./placement-state.ts";
import type { Relocation } from "./relocate.ts";

/** One replica that may go where the plan has it. */
export interface WantedMove {
  readonly service: number;
  readonly from: number;
  readonly to: number;
  /** What it adds to `PlacementState.gained`, from where everything stands now. */
  readonly gain: number;
  /** Whether it leaves a node that has more than it may have. */
  readonly isMending: boolean;
}

/**
 * What stands elsewhere than planned. It begins with what stands at first and with the pending replicas where the plan puts them,
 * even on nodes that have no room yet: these must give some away first.
 */
export class WantedMoves {
  readonly state: PlacementState;
  /** By cell, as planned. */
  readonly #target: Int32Array;
  /** By service, nodes that have too many replicas of it at first, and too few. */
  readonly #sources: readonly (readonly number[])[];
  readonly #destinations: readonly (readonly number[])[];

  constructor(scenario: PlacementScenario, placement: PlannedPlacement) {
    this.state = new PlacementState(placementProblemOf(scenario));
    this.state.become(this.state.problem.initial);
    this.#target = targetOf(scenario, placement);
    for (const service of scenario.services.keys()) this.#putPending(service);
    const nodes = [...scenario.nodes.keys()];
    const nodesWhere = (service: number, isIt: (surplus: number) => boolean) =>
      nodes.filter((node) => isIt(this.#surplus(service, node)));
    this.#sources = scenario.services.map((_, service) => nodesWhere(service, (surplus) => surplus > 0));
    this.#destinations = scenario.services.map((_, service) => nodesWhere(service, (surplus) => surplus < 0));
  }

  /** Whether the plan has another number there. */
  isUnsettled(service: number, node: number): boolean {
    return this.#surplus(service, node) !== 0;
  }

  /** Whether kube-scheduler would let it be as everything stands now. */
  canBe(relocation: Relocation): boolean {
    const { service, from, to, count } = relocation;
    return this.state.fitsMoved(relocation) && this.state.admits(service, from, to, count);
  }

  /** All that can be made now. In O(nodes^2) for a service that stands on all. */
  *movesOf(service: number): Generator<WantedMove> {
    const { state } = this;
    for (const from of this.#sources[service] ?? []) {
      if (this.#surplus(service, from) <= 0 || state.movable(service, from) <= 0) continue;
      const isMending = isOver(state, service, from);
      for (const to of this.#destinations[service] ?? []) {
        const relocation = { service, from, to, count: 1 };
        if (this.#surplus(service, to) >= 0 || !this.canBe(relocation)) continue;
        const isBetter = isMending || state.excessAfter(service, from, to, 1) < state.excess;
        yield { service, from, to, gain: state.gainOfMove(relocation), isMending: isBetter };
      }
    }
  }

  /** What is still not as planned, replica by replica, room or not. */
  restOf(service: number): { readonly from: number; readonly to: number }[] {
    const replicasAt = (nodes: readonly number[] = []) =>
      nodes.flatMap((node) => new Array<number>(Math.abs(this.#surplus(service, node))).fill(node));
    const [leaving, coming] = [replicasAt(this.#sources[service]), replicasAt(this.#destinations[service])];
    return leaving.flatMap((from, index) => {
      const to = coming[index];
      return to === undefined ? [] : [{ from, to }];
    });
  }

  /** Those that mend come first, then those that gain most. */
  bestOf(service: number): WantedMove | undefined {
    let best: WantedMove | undefined;
    for (const move of this.movesOf(service)) if (best === undefined || isBetter(move, best)) best = move;
    return best;
  }

  #putPending(service: number): void {
    const { problem } = this.state;
    let pending = present(problem.replicas[service], "replicas");
    for (let node = 0; node < problem.nodeCount; node++) pending -= this.state.countOf(service, node);
    for (let node = 0; node < problem.nodeCount && pending > 0; node++) {
      const count = Math.min(pending, -this.#surplus(service, node));
      if (count <= 0) continue;
      this.state.put(service, node, count);
      pending -= count;
    }
  }

  #surplus(service: number, node: number): number {
    const cell = node * this.state.problem.serviceCount + service;
    return (this.state.counts[cell] ?? 0) - (this.#target[cell] ?? 0);
  }
}

export function isBetter(move: WantedMove, than: WantedMove): boolean {
  return move.isMending === than.isMending ? move.gain > than.gain : move.isMending;
}

function targetOf({ nodes, services }: PlacementScenario, placement: PlannedPlacement): Int32Array {
  const target = new Int32Array(nodes.length * services.length);
  for (const [index, { name: node }] of nodes.entries())
    for (const [service, { name }] of services.entries())
      target[index * services.length + service] = placement.get(name)?.get(node) ?? 0;
  return target;
}

/** Whether the node has more than it has room for, and the service a part in it, or more of the service than may be there. */
function isOver(state: PlacementState, service: number, node: number): boolean {
  const { resourceCount, request } = state.problem;
  for (let r = 0; r < resourceCount; r++)
    if ((state.free[node * resourceCount + r] ?? 0) < 0 && (request[service * resourceCount + r] ?? 0) > 0) return true;
  return !state.allows(service, node, 0);
}
