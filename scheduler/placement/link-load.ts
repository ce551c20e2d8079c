/** What the links of nodes carry under the balanced split, and what a pod would add to them. */
import type { ReplicaCounts } from "../../core/model/replica-counts.ts";
import type { Topology } from "../../core/model/topology.ts";

/** Bytes per second by node index. */
export interface LinkLoads {
  readonly out: Float64Array;
  readonly in: Float64Array;
}

export interface LoadedPair {
  readonly source: ReplicaCounts;
  readonly destination: ReplicaCounts;
  readonly requestBytesPerSecond: number;
  readonly responseBytesPerSecond: number;
}

/** Of a pod's workload with one peer, as the pod's workload sees it. */
export interface LoadingPeer {
  readonly isOwn: boolean;
  readonly sentBytesPerSecond: number;
  readonly receivedBytesPerSecond: number;
  readonly replicas: ReplicaCounts;
}

/** On each node, what its replicas exchange with others less what min(S, T) keeps there. */
export function linkLoads(topology: Topology, pairs: Iterable<LoadedPair>): LinkLoads {
  const loads = { out: new Float64Array(topology.places.length), in: new Float64Array(topology.places.length) };
  for (const { source, destination, requestBytesPerSecond, responseBytesPerSecond } of pairs) {
    if (source.total === 0 || destination.total === 0) continue;
    const [there, back] = [requestBytesPerSecond, responseBytesPerSecond];
    addSide(loads, { topology, side: source, peer: destination, out: there, in: back });
    addSide(loads, { topology, side: destination, peer: source, out: back, in: there });
  }
  return loads;
}

interface Side {
  readonly topology: Topology;
  readonly side: ReplicaCounts;
  readonly peer: ReplicaCounts;
  readonly out: number;
  readonly in: number;
}

function addSide(loads: LinkLoads, side: Side): void {
  for (const [node, count] of side.side.entries()) {
    const share = count / side.side.total;
    const leaving = share - Math.min(share, side.peer.onNode(node) / side.peer.total);
    addAt(loads, side.topology.indexOf(node), { out: side.out * leaving, in: side.in * leaving });
  }
}

/**
 * By node, how its link's load changes when one more replica of the workload comes to stand on it. With shares S of the workload
 * before and after, and T of a peer on the node, what leaves the node of the one is S - min(S, T) and of the other T - min(S, T);
 * the first replica brings all of a peer's traffic with it.
 */
export function linkChanges(topology: Topology, own: ReplicaCounts, peers: readonly LoadingPeer[]): LinkLoads {
  const talking = peers.filter(({ isOwn }) => !isOwn);
  const sent = talking.reduce((sum, { sentBytesPerSecond }) => sum + sentBytesPerSecond, 0);
  const received = talking.reduce((sum, { receivedBytesPerSecond }) => sum + receivedBytesPerSecond, 0);
  const changes = { out: new Float64Array(topology.places.length), in: new Float64Array(topology.places.length) };
  for (const [index, { node }] of topology.places.entries()) {
    const { before, after } = sharesOn(own, node);
    addAt(changes, index, { out: sent * (after - before), in: received * (after - before) });
  }
  for (const peer of talking) addPeer(changes, { topology, own, peer });
  return changes;
}

interface PeerChange {
  readonly topology: Topology;
  readonly own: ReplicaCounts;
  readonly peer: LoadingPeer;
}

function addPeer(changes: LinkLoads, { topology, own, peer }: PeerChange): void {
  const { sentBytesPerSecond: sent, receivedBytesPerSecond: received, replicas } = peer;
  for (const [node, count] of replicas.entries()) {
    const { before, after } = sharesOn(own, node);
    const taken = count / replicas.total;
    const kept = Math.min(after, taken) - Math.min(before, taken);
    const fresh = own.total === 0 ? taken : 0;
    const change = { out: received * fresh - (sent + received) * kept, in: sent * fresh - (sent + received) * kept };
    addAt(changes, topology.indexOf(node), change);
  }
}

function sharesOn(own: ReplicaCounts, node: string): { readonly before: number; readonly after: number } {
  const count = own.onNode(node);
  return { before: own.total === 0 ? 0 : count / own.total, after: (count + 1) / (own.total + 1) };
}

function addAt(loads: LinkLoads, index: number, change: { readonly out: number; readonly in: number }): void {
  loads.out[index] = (loads.out[index] ?? 0) + change.out;
  loads.in[index] = (loads.in[index] ?? 0) + change.in;
}
