/** The published greedy score, one pod after another onto an empty cluster, never looking back: what the search is compared with. */
import type { PlacementProblem } from "./placement-problem.ts";
import { PlacementState } from "./placement-state.ts";

export interface GreedyPlacement {
  readonly state: PlacementState;
  readonly pending: number;
}

/**
 * Each replica goes to the node with room whose pods exchange most with it, which for every peer is w * x_peer/d_peer; of equal
 * ones, to that with most left.
 *
 * Source: Wojciechowski et al., NetMARKS, INFOCOM 2021, https://doi.org/10.1109/INFOCOM42981.2021.9488670
 *
 * @param order every service once: in which order they are deployed.
 * @returns `pending` replicas found no room and stand nowhere.
 */
export function netmarksGreedy(problem: PlacementProblem, order: readonly number[]): GreedyPlacement {
  const state = new PlacementState(problem);
  let pending = 0;
  for (const service of order)
    for (let replica = 0; replica < (problem.replicas[service] ?? 0); replica++) {
      const node = busiestRoom(state, service);
      if (node < 0) pending += 1;
      else state.put(service, node, 1);
    }
  return { state, pending };
}

/** The order that serves the greedy score best: both ends of the heaviest pair, then of the next; without traffic last. */
export function heaviestPairsFirst({ serviceCount, peerStart, peers, peerWeights }: PlacementProblem): number[] {
  const services = Array.from({ length: serviceCount }, (_, service) => service);
  const pairs = services.flatMap((service) =>
    Array.from(peers.subarray(peerStart[service], peerStart[service + 1]), (peer, index) => ({
      ends: [service, peer],
      weight: peerWeights[(peerStart[service] ?? 0) + index] ?? 0,
    })),
  );
  const ordered = pairs.toSorted((a, b) => b.weight - a.weight).flatMap(({ ends }) => ends);
  return [...new Set([...ordered, ...services])];
}

function busiestRoom(state: PlacementState, service: number): number {
  let best = { node: -1, worth: 0, left: 0 };
  for (let node = 0; node < state.problem.nodeCount; node++) {
    if (!state.fits(service, node, 1)) continue;
    const candidate = { node, worth: worthOf(state, service, node), left: state.leftOf(node) };
    const isBetter = candidate.worth > best.worth || (candidate.worth === best.worth && candidate.left > best.left);
    if (best.node < 0 || isBetter) best = candidate;
  }
  return best.node;
}

function worthOf(state: PlacementState, service: number, node: number): number {
  const { peerStart, peers, peerWeights } = state.problem;
  let worth = 0;
  for (let i = peerStart[service] ?? 0; i < (peerStart[service + 1] ?? 0); i++)
    worth += (peerWeights[i] ?? 0) * state.shareOf(peers[i] ?? 0, node);
  return worth;
}
