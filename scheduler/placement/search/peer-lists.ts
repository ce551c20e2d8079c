/** Who talks to whom, by service number. */
import { present } from "../../../core/model/invariant.ts";
import type { PlacementScenario } from "../../../core/model/placement-scenario.ts";

export interface PeerLists {
  /** Peers of service s are at peerStart[s] up to peerStart[s + 1]; each pair is on both sides' lists. */
  readonly peerStart: Int32Array;
  readonly peers: Int32Array;
  /** Part of all traffic that the pair exchanges, both directions together, in (0, 1]. */
  readonly peerWeights: Float64Array;
}

/** Traffic of a service with itself is on no list: it stays on its nodes in every placement. */
export function peerListsOf({ services, traffic }: PlacementScenario): PeerLists {
  const indexes = new Map(services.map(({ name }, index) => [name, index]));
  const total = traffic.reduce((sum, { weight }) => sum + weight, 0);
  const lists = services.map(() => new Map<number, number>());
  for (const { from, to, weight } of traffic) {
    if (from === to || weight === 0) continue;
    const [source, destination] = [from, to].map((name) => present(indexes.get(name), `service ${name}`));
    add(lists, source, destination, weight / total);
    add(lists, destination, source, weight / total);
  }
  const peerStart = new Int32Array(services.length + 1);
  for (const [index, list] of lists.entries()) peerStart[index + 1] = (peerStart[index] ?? 0) + list.size;
  return {
    peerStart,
    peers: Int32Array.from(lists.flatMap((list) => [...list.keys()])),
    peerWeights: Float64Array.from(lists.flatMap((list) => [...list.values()])),
  };
}

/** By service, part of all traffic that it has with itself; undefined if none has any. */
export function ownWeightsOf({ services, traffic }: PlacementScenario): Float64Array | undefined {
  const indexes = new Map(services.map(({ name }, index) => [name, index]));
  const total = traffic.reduce((sum, { weight }) => sum + weight, 0);
  const weights = new Float64Array(services.length);
  for (const { from, to, weight } of traffic) {
    const service = present(indexes.get(from), `service ${from}`);
    if (from === to && weight > 0) weights[service] = (weights[service] ?? 0) + weight / total;
  }
  return weights.some((weight) => weight > 0) ? weights : undefined;
}

function add(lists: readonly Map<number, number>[], of = -1, peer = -1, weight = 0): void {
  const list = present(lists[of], "list of peers");
  list.set(peer, (list.get(peer) ?? 0) + weight);
}
