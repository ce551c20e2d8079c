/** All ways to one node that every node divides its traffic among: for questions about many origins at once. */
import { CheapestWays } from "./cheapest-ways.ts";

export interface Downhill {
  /** By node: mean over what sets out there; Infinity where no way leads. */
  readonly latencyMs: Float64Array;
  /** The nodes from which a way leads, each before those that its traffic passes, the destination last. */
  readonly nodes: Int32Array;
  /** The links that traffic takes from `nodes[i]` are `links[starts[i]]` to `links[starts[i + 1] - 1]`. */
  readonly starts: Int32Array;
  readonly links: Int32Array;
  /** By position in `links`: the part of what passes the node; those of one node sum to 1. */
  readonly parts: Float64Array;
}

/** The links of an underlay, in columns; nodes by index. */
export interface LinkColumns {
  readonly nodeCount: number;
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly latencyMs: Float64Array;
  /** The links that leave node v are `leaving[leavingStarts[v]]` and so on; those that enter it likewise. */
  readonly leavingStarts: Int32Array;
  readonly leaving: Int32Array;
  readonly enteringStarts: Int32Array;
  readonly entering: Int32Array;
}

/** Latencies that differ by less are the same: sums of decimals are not exact. */
const SAME_LATENCY = 1e-9;

/** All shortest ways, divided equally at every node. Time O(links * log links); the search may be used again and again. */
export function downhillTo(columns: LinkColumns, to: number, search = new CheapestWays(columns)): Downhill {
  search.search(to, columns.latencyMs);
  const latencyMs = Float64Array.from(search.costs);
  const all = Int32Array.from({ length: columns.nodeCount }, (_, node) => node);
  const reached = all.filter((node) => (latencyMs[node] ?? Infinity) < Infinity);
  const nodes = reached.sort((a, b) => (latencyMs[b] ?? 0) - (latencyMs[a] ?? 0));
  const starts = new Int32Array(nodes.length + 1);
  const links: number[] = [];
  const parts: number[] = [];
  for (const [position, node] of nodes.entries()) {
    const first = links.length;
    for (let at = columns.leavingStarts[node] ?? 0; at < (columns.leavingStarts[node + 1] ?? 0); at += 1) {
      const link = columns.leaving[at] ?? 0;
      if (isDownhill(columns, latencyMs, link)) links.push(link);
    }
    for (let at = first; at < links.length; at += 1) parts.push(1 / (links.length - first));
    starts[position + 1] = links.length;
  }
  return { latencyMs, nodes, starts, links: Int32Array.from(links), parts: Float64Array.from(parts) };
}

/**
 * What a byte costs from each node to the destination, when each link costs what `linkCosts` says. Written to `costs`, by
 * node, where a way leads. Time O(links of the downhill).
 */
export function costsDownhill(
  { nodes, starts, links, parts }: Downhill,
  { to }: LinkColumns,
  linkCosts: Float64Array,
  costs: Float64Array,
): void {
  for (let position = nodes.length - 1; position >= 0; position -= 1) {
    const end = starts[position + 1] ?? 0;
    let sum = 0;
    for (let at = starts[position] ?? 0; at < end; at += 1) {
      const link = links[at] ?? 0;
      sum += (parts[at] ?? 0) * ((linkCosts[link] ?? 0) + (costs[to[link] ?? 0] ?? 0));
    }
    costs[nodes[position] ?? 0] = sum;
  }
}

/** By node: latency of the slowest way that traffic from there takes. Time O(links of the downhill). */
export function slowestDownhill({ nodes, starts, links }: Downhill, { to, latencyMs, nodeCount }: LinkColumns) {
  const slowestMs = new Float64Array(nodeCount).fill(Infinity);
  for (let position = nodes.length - 1; position >= 0; position -= 1) {
    const end = starts[position + 1] ?? 0;
    let slowest = 0;
    for (let at = starts[position] ?? 0; at < end; at += 1) {
      const link = links[at] ?? 0;
      slowest = Math.max(slowest, (latencyMs[link] ?? 0) + (slowestMs[to[link] ?? 0] ?? 0));
    }
    slowestMs[nodes[position] ?? 0] = slowest;
  }
  return slowestMs;
}

/**
 * Adds to `linkLoads` what traffic to the destination puts on each link. `amounts` is, by node, what sets out there; it is
 * used up. Time O(links of the downhill).
 */
export function loadDownhill(
  { nodes, starts, links, parts }: Downhill,
  { to }: LinkColumns,
  amounts: Float64Array,
  linkLoads: Float64Array,
): void {
  for (let position = 0; position < nodes.length; position += 1) {
    const node = nodes[position] ?? 0;
    const amount = amounts[node] ?? 0;
    if (amount === 0) continue;
    amounts[node] = 0;
    const end = starts[position + 1] ?? 0;
    for (let at = starts[position] ?? 0; at < end; at += 1) {
      const link = links[at] ?? 0;
      const next = to[link] ?? 0;
      const part = amount * (parts[at] ?? 0);
      linkLoads[link] = (linkLoads[link] ?? 0) + part;
      amounts[next] = (amounts[next] ?? 0) + part;
    }
  }
}

function isDownhill({ from, to, latencyMs }: LinkColumns, latencies: Float64Array, link: number): boolean {
  const [near, far] = [latencies[to[link] ?? 0] ?? Infinity, latencies[from[link] ?? 0] ?? Infinity];
  if (!(near < far)) return false;
  return Math.abs(near + (latencyMs[link] ?? 0) - far) <= SAME_LATENCY * far;
}
