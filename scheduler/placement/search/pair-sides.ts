import type { PlacementProblem } from "./placement-problem.ts";

/** Each pair from both sides; behind them, with themselves, services whose own traffic costs less on some nodes than on others. */
export interface PairSides {
  readonly sideOf: Int32Array;
  readonly otherOf: Int32Array;
  /** Parts of all traffic. */
  readonly weights: Float64Array;
}

export function pairSidesOf(problem: PlacementProblem): PairSides {
  const { serviceCount, peerStart, peers, peerWeights, ownWeights = new Float64Array() } = problem;
  const own = [...ownWeights.keys()].filter((service) => (ownWeights[service] ?? 0) > 0);
  const count = peers.length + own.length;
  const sides = { sideOf: new Int32Array(count), otherOf: new Int32Array(count), weights: new Float64Array(count) };
  for (let service = 0; service < serviceCount; service++)
    sides.sideOf.fill(service, peerStart[service], peerStart[service + 1]);
  sides.otherOf.set(peers);
  sides.weights.set(peerWeights);
  sides.sideOf.set(own, peers.length);
  sides.otherOf.set(own, peers.length);
  sides.weights.set(own.map((service) => ownWeights[service] ?? 0), peers.length); // biome-ignore format: one line a field
  return sides;
}
