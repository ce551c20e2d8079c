/** Takes flow in circles out of flows on links: it leads nowhere, and loads what it passes. */
import type { LinkColumns } from "./downhill.ts";

/** Time O(links * links) if circles are many; each one that is taken out empties a link. */
export function withoutCircles(columns: LinkColumns, linkFlows: Float64Array): Float64Array {
  const flows = Float64Array.from(linkFlows, (flow) => Math.max(0, flow));
  for (let circle = circleIn(columns, flows); circle.length > 0; circle = circleIn(columns, flows)) {
    const least = circle.reduce((smallest, link) => Math.min(smallest, flows[link] ?? 0), Infinity);
    for (const link of circle) flows[link] = (flows[link] ?? 0) - least;
  }
  return flows;
}

/** The links of one; none when there is none left. A walk in depth: a node that it comes back to while on it closes a circle. */
function circleIn(
  { nodeCount, from, to, leaving, leavingStarts }: LinkColumns,
  flows: Float64Array,
): readonly number[] {
  const nextAt = Int32Array.from({ length: nodeCount }, (_, node) => leavingStarts[node] ?? 0);
  const isOnWalk = new Uint8Array(nodeCount);
  const isDone = new Uint8Array(nodeCount);
  for (let start = 0; start < nodeCount; start += 1) {
    if (isDone[start] === 1) continue;
    const walk: number[] = [];
    let node = start;
    isOnWalk[node] = 1;
    for (;;) {
      const at = nextAt[node] ?? 0;
      if (at < (leavingStarts[node + 1] ?? 0)) {
        nextAt[node] = at + 1;
        const link = leaving[at] ?? 0;
        const next = to[link] ?? 0;
        if ((flows[link] ?? 0) <= 0 || isDone[next] === 1) continue;
        walk.push(link);
        if (isOnWalk[next] === 1) return walk.slice(walk.findIndex((passed) => from[passed] === next));
        isOnWalk[next] = 1;
        node = next;
        continue;
      }
      isDone[node] = 1;
      isOnWalk[node] = 0;
      const back = walk.pop();
      if (back === undefined) break;
      node = from[back] ?? 0;
    }
  }
  return [];
}
