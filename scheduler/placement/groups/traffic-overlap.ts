/**
 * How far two pictures of one workload's traffic agree on whom it talks to, whatever the amounts: with a and b the parts of the
 * whole that each peer has, the sum over peers of min(a, b). 1 for the same parts, 0 for other peers or none.
 */
export function trafficOverlap(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const [allOfA, allOfB] = [sum(a), sum(b)];
  if (allOfA <= 0 || allOfB <= 0) return 0;
  let overlap = 0;
  for (const [peer, bytes] of a) overlap += Math.min(bytes / allOfA, (b.get(peer) ?? 0) / allOfB);
  return overlap;
}

function sum(traffic: ReadonlyMap<string, number>): number {
  let all = 0;
  for (const bytes of traffic.values()) all += bytes;
  return all;
}
