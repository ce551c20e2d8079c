/** What a byte costs between nodes, by round trips that were measured between some of them. */
import type { MeasuredPair } from "../../core/graph/delay-table.ts";
import { pairsByGroup, type RoundTrips } from "../../core/graph/pairs-by-group.ts";
import { type GroupCostOf, levelsOf } from "../../core/model/group-costs.ts";
import { type Locality, type LocalityCosts, localities } from "../../core/model/locality.ts";
import { nestedCosts } from "../../core/model/nested-costs.ts";
import { groupedLocalities, type Topology } from "../../core/model/topology.ts";
import { quantile } from "../../core/stats/quantile.ts";

export interface MeasuredCostOptions {
  /** A median counts only if it is one of so many pairs. */
  readonly pairsMin: number;
  /** What stands in for localities of which too little is measured, in units of its own. */
  readonly localityCosts: LocalityCosts;
}

export interface MeasuredCosts {
  /** In milliseconds of round trip; no group costs more than the group around it. */
  readonly costOf: GroupCostOf;
  /** What a group of each locality costs without a median of its own, before it is fitted in between those around and within. */
  readonly localityCosts: LocalityCosts;
  /** Pairs that count: those of which the topology has both nodes. */
  readonly pairCount: number;
  /** Groups with a median of their own, of `other` the one that is everything. */
  readonly groupCount: number;
}

/**
 * A group costs the median round trip of the measured pairs whose smallest common group it is. With fewer than `pairsMin` of those it
 * costs the median of all pairs of its locality, and where these are too few as well, the configured cost in milliseconds:
 *
 *     ms of one configured unit = median over measured localities l of median(l) / configured(l)
 *
 * Undefined where that is not known, since no locality with a configured cost above 0 is measured. O(pairs log pairs + nodes).
 */
export function measuredCosts(
  topology: Topology,
  pairs: Iterable<MeasuredPair>,
  { pairsMin, localityCosts: configured }: MeasuredCostOptions,
): MeasuredCosts | undefined {
  const roundTrips = pairsByGroup(topology, pairs);
  const medianOf = (values: readonly number[]) => (values.length < pairsMin ? undefined : median(values));
  const medians = new Map(localities.map((locality) => [locality, medianOf(allAt(roundTrips, locality))]));
  const msOfUnit = median(localities.flatMap((locality) => unitOf(medians.get(locality), configured[locality])));
  if (msOfUnit === undefined) return undefined;
  const guessAt = (locality: Locality) => medians.get(locality) ?? configured[locality] * msOfUnit;
  const inner = levelsOf(topology).map(({ locality, grouping, parents }) => ({
    ...{ locality, grouping, parents, guess: guessAt(locality) },
    measured: Array.from({ length: grouping.count }, (_, group) =>
      medianOf(roundTrips.get(locality)?.get(group) ?? []),
    ),
  }));
  const everything = { parents: new Int32Array(), measured: [medians.get("other")], guess: guessAt("other") };
  const levels = [...inner, everything];
  const costs = nestedCosts(levels);
  const levelAt = new Map<Locality, number>(
    groupedLocalities.map((locality) => [
      locality,
      inner.findIndex(({ grouping }) => grouping === topology.grouping(locality)),
    ]),
  );
  return {
    costOf: (locality, group) => costs[levelAt.get(locality) ?? inner.length]?.[group] ?? 0,
    localityCosts: byLocality(guessAt),
    pairCount: localities.reduce((sum, locality) => sum + allAt(roundTrips, locality).length, 0),
    groupCount: levels.flatMap(({ measured }) => measured).filter((cost) => cost !== undefined).length,
  };
}

function allAt(roundTrips: RoundTrips, locality: Locality): readonly number[] {
  return [...(roundTrips.get(locality)?.values() ?? [])].flat();
}

function unitOf(medianMs: number | undefined, configured: number): number[] {
  return medianMs === undefined || configured === 0 ? [] : [medianMs / configured];
}

function byLocality(costOf: (locality: Locality) => number): LocalityCosts {
  return {
    node: costOf("node"),
    rack: costOf("rack"),
    zone: costOf("zone"),
    region: costOf("region"),
    other: costOf("other"),
  };
}

function median(values: readonly number[]): number | undefined {
  return quantile(Float64Array.from(values).sort(), 0.5);
}
