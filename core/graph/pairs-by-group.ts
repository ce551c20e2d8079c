/** Measured pairs of nodes by the smallest group of a topology that holds both. */

import { type Locality, localities } from "../model/locality.ts";
import { groupedLocalities, type Topology } from "../model/topology.ts";
import type { MeasuredPair } from "./delay-table.ts";

/** By locality and number of the group, 0 at `other`. */
export type RoundTrips = ReadonlyMap<Locality, ReadonlyMap<number, readonly number[]>>;

/** Pairs with a node that the topology does not have are left out. O(pairs). */
export function pairsByGroup(topology: Topology, pairs: Iterable<MeasuredPair>): RoundTrips {
  const byLocality = new Map(localities.map((locality) => [locality, new Map<number, number[]>()]));
  for (const { a, b, roundTripMs } of pairs) {
    const [from, to] = [topology.indexOf(a), topology.indexOf(b)];
    if (from < 0 || to < 0) continue;
    const [locality, group] = smallestCommonGroup(topology, from, to);
    const groups = byLocality.get(locality);
    const members = groups?.get(group);
    if (members) members.push(roundTripMs);
    else groups?.set(group, [roundTripMs]);
  }
  return byLocality;
}

function smallestCommonGroup(topology: Topology, from: number, to: number): readonly [Locality, number] {
  for (const locality of groupedLocalities) {
    const { groupOfNode } = topology.grouping(locality);
    const group = groupOfNode[from] ?? -1;
    if (group === groupOfNode[to]) return [locality, group];
  }
  return ["other", 0];
}
