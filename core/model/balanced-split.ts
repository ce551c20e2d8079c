/**
 * The split the mesh uses between two workloads: balanced (every destination replica gets the same load) and
 * locality-aware (what can stay near does). Scheduler and mesh-control both ask here, so that what the one predicts is
 * what the other does.
 */
import { invariant } from "./invariant.ts";
import { groupOf, type Locality, localities, type Place } from "./locality.ts";

/** A node's part of a workload: `share` of its replicas, in [0, 1]; the shares of one side sum to 1. */
export interface PlacedShare {
  readonly place: Place;
  readonly share: number;
}

export interface SplitArc {
  /** Index into the sources. */
  readonly source: number;
  /** Index into the destinations. */
  readonly destination: number;
  /** Part of all traffic between the two workloads, in (0, 1]. */
  readonly fraction: number;
  readonly locality: Locality;
}

const NEGLIGIBLE = 1e-12;

/**
 * Splits one unit of traffic over pairs of nodes. Level by level, from the node itself outwards, each group of places
 * keeps min(what its sources still have to send, what its destinations can still take), shared out in proportion. On the
 * node this is min(x_s/d_s, x_t/d_t), the gained affinity of RASA; each source sends its share, each destination receives
 * its share. Time and memory O(S * D) in the worst case, with S and D the numbers of nodes on each side.
 */
export function balancedSplit(
  sources: readonly PlacedShare[],
  destinations: readonly PlacedShare[],
): readonly SplitArc[] {
  if (sources.length === 0 || destinations.length === 0) return [];
  const toSend = sources.map((source) => source.share);
  const toTake = destinations.map((destination) => destination.share);
  const arcs: SplitArc[] = [];
  for (const locality of localities) {
    const takers = membersByGroup(destinations, toTake, locality);
    for (const [group, senders] of membersByGroup(sources, toSend, locality)) {
      const receivers = takers.get(group);
      if (receivers) keepWithin(locality, { senders, receivers, toSend, toTake, arcs });
    }
  }
  return arcs;
}

/** Part of the traffic that stays on its node: sum over nodes of min(x_s/d_s, x_t/d_t). */
export function gainedAffinity(arcs: readonly SplitArc[]): number {
  return arcs.reduce((sum, arc) => (arc.locality === "node" ? sum + arc.fraction : sum), 0);
}

/** Shares of a workload by node from the nodes its replicas stand on. */
export function sharesOf(places: readonly Place[]): readonly PlacedShare[] {
  const byNode = new Map<string, { place: Place; count: number }>();
  for (const place of places) {
    const seen = byNode.get(place.node);
    if (seen) seen.count += 1;
    else byNode.set(place.node, { place, count: 1 });
  }
  return [...byNode.values()].map(({ place, count }) => ({ place, share: count / places.length }));
}

interface Exchange {
  readonly senders: readonly number[];
  readonly receivers: readonly number[];
  readonly toSend: number[];
  readonly toTake: number[];
  readonly arcs: SplitArc[];
}

function membersByGroup(
  sides: readonly PlacedShare[],
  left: readonly number[],
  locality: Locality,
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [index, side] of sides.entries()) {
    if (at(left, index) <= NEGLIGIBLE) continue;
    const group = groupOf(side.place, locality);
    const members = groups.get(group);
    if (members) members.push(index);
    else groups.set(group, [index]);
  }
  return groups;
}

function keepWithin(locality: Locality, { senders, receivers, toSend, toTake, arcs }: Exchange): void {
  const offered = senders.reduce((sum, index) => sum + at(toSend, index), 0);
  const accepted = receivers.reduce((sum, index) => sum + at(toTake, index), 0);
  const kept = Math.min(offered, accepted);
  for (const source of senders) {
    for (const destination of receivers) {
      const fraction = (kept * at(toSend, source) * at(toTake, destination)) / (offered * accepted);
      if (fraction > NEGLIGIBLE) arcs.push({ source, destination, fraction, locality });
    }
  }
  for (const source of senders) toSend[source] = at(toSend, source) * (1 - kept / offered);
  for (const destination of receivers) toTake[destination] = at(toTake, destination) * (1 - kept / accepted);
}

function at(values: readonly number[], index: number): number {
  const value = values[index];
  invariant(value !== undefined, "index within the shares");
  return value;
}
