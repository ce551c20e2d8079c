/** Routes to one node from what flows to it on each link: every node divides as the flows that leave it. */
import type { NetworkRoute } from "../model/split-network.ts";
import type { Downhill, LinkColumns } from "./downhill.ts";
import { routesDownhill } from "./routes-to.ts";
import { withoutCircles } from "./without-circles.ts";

export interface FlowsTo {
  readonly to: number;
  /** By link: what flows on it, in any unit; what arrives at a node other than `to` leaves it. */
  readonly linkFlows: Float64Array;
  /** Where traffic sets out. */
  readonly origins: Iterable<number>;
}

/** One route for each origin. Flow in circles is left out, which loads no link more. Time O(origins * links). */
export function flowRoutes(columns: LinkColumns, nodes: readonly string[], flows: FlowsTo): readonly NetworkRoute[] {
  const { to, origins } = flows;
  const routes = routesDownhill(columns, downhillOf(columns, flows));
  return [...origins].map((from) => {
    const shares = routes.sharesFrom(from).filter(({ share }) => share > NEGLIGIBLE);
    return { from: nodes[from] ?? "", to: nodes[to] ?? "", links: shares };
  });
}

/** A way this thin is a rest of rounding. */
const NEGLIGIBLE = 1e-12;

function downhillOf(columns: LinkColumns, { to, linkFlows }: FlowsTo): Downhill {
  const flows = withoutCircles(columns, linkFlows);
  const nodes = inOrder(columns, flows, to);
  const starts = new Int32Array(nodes.length + 1);
  const links: number[] = [];
  const parts: number[] = [];
  for (const [position, node] of nodes.entries()) {
    const leaving = node === to ? [] : leavingWithFlow(columns, flows, node);
    const sum = leaving.reduce((total, link) => total + (flows[link] ?? 0), 0);
    for (const link of leaving) {
      links.push(link);
      parts.push((flows[link] ?? 0) / sum);
    }
    starts[position + 1] = links.length;
  }
  const latencyMs = new Float64Array(columns.nodeCount).fill(Infinity);
  return { latencyMs, nodes, starts, links: Int32Array.from(links), parts: Float64Array.from(parts) };
}

/** Each node before those that its flow goes to, the destination last. */
function inOrder(columns: LinkColumns, flows: Float64Array, to: number): Int32Array {
  const open = new Int32Array(columns.nodeCount);
  const isUsed = new Uint8Array(columns.nodeCount);
  for (const [link, flow] of flows.entries()) {
    if (flow <= 0) continue;
    const head = columns.to[link] ?? 0;
    open[head] = (open[head] ?? 0) + 1;
    isUsed[head] = 1;
    isUsed[columns.from[link] ?? 0] = 1;
  }
  const ready = [...isUsed.keys()].filter((node) => isUsed[node] === 1 && open[node] === 0);
  for (const node of ready)
    for (const link of leavingWithFlow(columns, flows, node)) {
      const next = columns.to[link] ?? 0;
      open[next] = (open[next] ?? 0) - 1;
      if (open[next] === 0) ready.push(next);
    }
  return Int32Array.from([...ready.filter((node) => node !== to), to]);
}

function leavingWithFlow(
  { leaving, leavingStarts }: LinkColumns,
  flows: Float64Array,
  node: number,
): readonly number[] {
  const all = leaving.subarray(leavingStarts[node], leavingStarts[node + 1]);
  return [...all].filter((link) => (flows[link] ?? 0) > 0);
}
