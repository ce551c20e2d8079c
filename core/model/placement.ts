/** Where workloads' replicas stand, and what a flow between them costs there. */
import { balancedSplit, type PlacedShare, sharesOf } from "./balanced-split.ts";
import type { LocalityCosts, Place } from "./locality.ts";

/** The places of every replica, by workload key. */
export type Placement = ReadonlyMap<string, readonly Place[]>;

/** Bytes per second between two workloads, both directions together. */
export interface PairTraffic {
  readonly source: string;
  readonly destination: string;
  readonly bytesPerSecond: number;
}

export interface PairCost {
  /** Bytes per second times the cost of the localities they cross. */
  readonly cost: number;
  /** Part of the traffic that leaves its node, in [0, 1]. */
  readonly interNodeShare: number;
}

/**
 * What one byte per second between replicas at these places costs, under the split that the mesh will use.
 * Undefined where one side has no replica: there is no traffic to place.
 */
function pairCost(
  sources: readonly PlacedShare[],
  destinations: readonly PlacedShare[],
  costs: LocalityCosts,
): PairCost | undefined {
  if (sources.length === 0 || destinations.length === 0) return undefined;
  let cost = 0;
  let interNodeShare = 0;
  for (const arc of balancedSplit(sources, destinations)) {
    cost += arc.fraction * costs[arc.locality];
    if (arc.locality !== "node") interNodeShare += arc.fraction;
  }
  return { cost, interNodeShare };
}

export interface PlacementCost {
  readonly cost: number;
  readonly bytesPerSecond: number;
  readonly interNodeBytesPerSecond: number;
}

/** Sum over pairs of bytes * cost(locality); pairs with an unplaced side are left out. */
export function placementCost(
  traffic: readonly PairTraffic[],
  placement: Placement,
  costs: LocalityCosts,
): PlacementCost {
  const total = { cost: 0, bytesPerSecond: 0, interNodeBytesPerSecond: 0 };
  for (const { source, destination, bytesPerSecond } of traffic) {
    const pair = pairCost(sharesOf(placement.get(source) ?? []), sharesOf(placement.get(destination) ?? []), costs);
    if (!pair) continue;
    total.cost += bytesPerSecond * pair.cost;
    total.bytesPerSecond += bytesPerSecond;
    total.interNodeBytesPerSecond += bytesPerSecond * pair.interNodeShare;
  }
  return total;
}
