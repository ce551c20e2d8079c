/** One-way latencies between the nodes of a topology, for arithmetic over many of them. */
import type { MeasuredPair } from "../../core/graph/delay-table.ts";
import type { LocalityLatencies } from "../../core/model/locality.ts";
import { groupedLocalities, type Topology } from "../../core/model/topology.ts";

/** Between two nodes by their indexes, in ms; 0 on a node itself. */
export type LatencyBetween = (from: number, to: number) => number;

/**
 * Half of the round trip where it is measured, else what is configured for the nearest locality that the two share. Making it costs
 * O(pairs), asking O(1).
 */
export function nodeLatencies(
  topology: Topology,
  pairs: Iterable<MeasuredPair>,
  configured: LocalityLatencies,
): LatencyBetween {
  const nodeCount = topology.places.length;
  const keyOf = (a: number, b: number) => Math.min(a, b) * nodeCount + Math.max(a, b);
  const measured = new Map<number, number>();
  for (const { a, b, roundTripMs } of pairs) {
    const [from, to] = [topology.indexOf(a), topology.indexOf(b)];
    if (from >= 0 && to >= 0) measured.set(keyOf(from, to), roundTripMs / 2);
  }
  const levels = groupedLocalities.map((locality) => ({
    groupOfNode: topology.grouping(locality).groupOfNode,
    latencyMs: locality === "node" ? 0 : configured[locality],
  }));
  return (from, to) => {
    if (from === to) return 0;
    const known = measured.get(keyOf(from, to));
    if (known !== undefined) return known;
    for (const { groupOfNode, latencyMs } of levels) if (groupOfNode[from] === groupOfNode[to]) return latencyMs;
    return configured.other;
  };
}
