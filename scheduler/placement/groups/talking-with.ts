/** Whose plan newcomers may change: those that talk with one of them, or with such a one in turn. */
import type { TrafficByPeer } from "./group-plan.ts";

/**
 * @param newcomers workload keys.
 * @param planned by workload key, whom those talk with that wait as planned; peers that do not wait lead nowhere.
 * @returns workload keys out of `planned` and `newcomers`. Takes O(pairs) time.
 */
export function talkingWith(newcomers: Iterable<string>, planned: TrafficByPeer): ReadonlySet<string> {
  const reached = new Set(newcomers);
  const partners = partnersAmong(new Set([...reached, ...planned.keys()]), planned);
  // A set that grows is walked to its end.
  for (const workload of reached) for (const partner of partners.get(workload) ?? []) reached.add(partner);
  return reached;
}

/** From both sides: what a newcomer says of its peers is not in their plan. */
function partnersAmong(waiting: ReadonlySet<string>, planned: TrafficByPeer): ReadonlyMap<string, readonly string[]> {
  const partners = new Map<string, string[]>();
  const add = (one: string, other: string) => {
    const known = partners.get(one);
    if (known) known.push(other);
    else partners.set(one, [other]);
  };
  for (const [workload, peers] of planned)
    for (const peer of peers.keys()) {
      if (!waiting.has(peer)) continue;
      add(workload, peer);
      add(peer, workload);
    }
  return partners;
}
