/** How far nodes are from each other by what was measured between some of them. */
import type { MeasuredPair } from "../../../core/graph/delay-table.ts";
import { pairsByGroup } from "../../../core/graph/pairs-by-group.ts";
import type { ClusterNode } from "../../../core/model/cluster-node.ts";
import { levelsOf } from "../../../core/model/group-costs.ts";
import { groupOf, type Locality, type LocalityLatencies, localities } from "../../../core/model/locality.ts";
import { nestedCosts } from "../../../core/model/nested-costs.ts";
import { groupedLocalities, Topology } from "../../../core/model/topology.ts";
import { quantile } from "../../../core/stats/quantile.ts";

/** One-way, in ms, by the name of the group (`groupOf`): between nodes that are in no smaller group together. */
export type GroupLatencies = ReadonlyMap<string, number>;

export interface LatencyOptions {
  /** A median counts only if it is one of so many pairs. */
  readonly pairsMin: number;
  /** What stands in for what is not measured. */
  readonly localityLatencyMs: LocalityLatencies;
}

/**
 * A rack, zone or region is as wide as half of the median round trip of the measured pairs of nodes whose smallest common group it
 * is. With fewer than `pairsMin` of those it is what half of the median of all pairs of its locality comes to, and where these are
 * too few as well, what is configured. No group is wider than the group around it: a guess gives way to what is measured. Empty where
 * nothing is measured. O(nodes + pairs log pairs).
 */
export function measuredLatencies(
  nodes: readonly ClusterNode[],
  pairs: Iterable<MeasuredPair>,
  { pairsMin, localityLatencyMs }: LatencyOptions,
): GroupLatencies {
  const topology = new Topology(nodes.map(({ place }) => place));
  const roundTrips = pairsByGroup(topology, pairs);
  const halfOfMedian = (values: readonly number[] = []) => {
    const median = values.length < pairsMin ? undefined : quantile(Float64Array.from(values).sort(), 0.5);
    return median === undefined ? undefined : median / 2;
  };
  const ofLocality = (locality: Locality) => halfOfMedian([...(roundTrips.get(locality)?.values() ?? [])].flat());
  const guessAt = (locality: Locality) =>
    locality === "node" ? 0 : (ofLocality(locality) ?? localityLatencyMs[locality]);
  const levels = levelsOf(topology).map(({ locality, grouping, parents }) => {
    const ofGroup = (_: unknown, group: number) => halfOfMedian(roundTrips.get(locality)?.get(group));
    const measured = Array.from({ length: grouping.count }, locality === "node" ? () => undefined : ofGroup);
    return { locality, grouping, parents, measured, guess: guessAt(locality) };
  });
  const everything = { parents: new Int32Array(), measured: [ofLocality("other")], guess: guessAt("other") };
  if (localities.every((locality) => locality === "node" || ofLocality(locality) === undefined)) return new Map();
  const widths = nestedCosts([...levels, everything]);
  const latencies = new Map([["other", widths.at(-1)?.[0] ?? localityLatencyMs.other]]);
  for (const locality of groupedLocalities) {
    // Localities that divide the nodes alike share a level.
    const at = levels.findIndex(({ grouping }) => grouping === topology.grouping(locality));
    if (levels[at]?.locality === "node") continue;
    for (const [index, place] of topology.places.entries()) {
      const group = topology.grouping(locality).groupOfNode[index] ?? 0;
      latencies.set(groupOf(place, locality), widths[at]?.[group] ?? 0);
    }
  }
  return latencies;
}

/** Round trips are never twice the same; what differs by less than a part of itself is not worth a look. */
export function haveMoved(before: GroupLatencies, after: GroupLatencies, part: number): boolean {
  if (before.size !== after.size) return true;
  return [...after].some(([group, latencyMs]) => {
    const was = before.get(group);
    return was === undefined || Math.abs(latencyMs - was) > part * was;
  });
}
