/** All shortest paths to one node in typed arrays, for questions about many origins at once: what a byte costs, what it loads. */
import { NearestFirst } from "./nearest-first.ts";

export interface Downhill {
  /** By node: of every shortest path; Infinity where none leads. */
  readonly latencyMs: Float64Array;
  /** The nodes from which a path leads, farthest first, the destination last. */
  readonly nodes: Int32Array;
  /** The links on shortest paths that leave `nodes[i]` are `links[starts[i]]` to `links[starts[i + 1] - 1]`. */
  readonly starts: Int32Array;
  readonly links: Int32Array;
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

/** Time O(links * log links). */
export function downhillTo(columns: LinkColumns, to: number): Downhill {
  const latencyMs = latenciesTo(columns, to);
  const all = Int32Array.from({ length: columns.nodeCount }, (_, node) => node);
  const reached = all.filter((node) => (latencyMs[node] ?? Infinity) < Infinity);
  const nodes = reached.sort((a, b) => (latencyMs[b] ?? 0) - (latencyMs[a] ?? 0));
  const starts = new Int32Array(nodes.length + 1);
  const links: number[] = [];
  for (const [position, node] of nodes.entries()) {
    const end = columns.leavingStarts[node + 1] ?? 0;
    for (let at = columns.leavingStarts[node] ?? 0; at < end; at += 1) {
      const link = columns.leaving[at] ?? 0;
      if (isDownhill(columns, latencyMs, link)) links.push(link);
    }
    starts[position + 1] = links.length;
  }
  return { latencyMs, nodes, starts, links: Int32Array.from(links) };
}

/**
 * What a byte costs from each node to the destination, when each link costs what `linkCosts` says and every node divides
 * equally. Written to `costs`, by node, where a path leads. Time O(links of the downhill).
 */
export function costsDownhill(
  { nodes, starts, links }: Downhill,
  { to }: LinkColumns,
  linkCosts: Float64Array,
  costs: Float64Array,
): void {
  for (let position = nodes.length - 1; position >= 0; position -= 1) {
    const start = starts[position] ?? 0;
    const end = starts[position + 1] ?? 0;
    let sum = 0;
    for (let at = start; at < end; at += 1) {
      const link = links[at] ?? 0;
      sum += (linkCosts[link] ?? 0) + (costs[to[link] ?? 0] ?? 0);
    }
    costs[nodes[position] ?? 0] = end > start ? sum / (end - start) : 0;
  }
}

/**
 * Adds to `linkLoads` what traffic to the destination puts on each link. `amounts` is, by node, what sets out there; it is
 * used up. Time O(links of the downhill).
 */
export function loadDownhill(
  { nodes, starts, links }: Downhill,
  { to }: LinkColumns,
  amounts: Float64Array,
  linkLoads: Float64Array,
): void {
  for (let position = 0; position < nodes.length; position += 1) {
    const node = nodes[position] ?? 0;
    const amount = amounts[node] ?? 0;
    if (amount === 0) continue;
    amounts[node] = 0;
    const start = starts[position] ?? 0;
    const end = starts[position + 1] ?? 0;
    const part = amount / (end - start);
    for (let at = start; at < end; at += 1) {
      const link = links[at] ?? 0;
      const next = to[link] ?? 0;
      linkLoads[link] = (linkLoads[link] ?? 0) + part;
      amounts[next] = (amounts[next] ?? 0) + part;
    }
  }
}

/** Searched backwards, so that one search serves every origin (Dijkstra). */
function latenciesTo({ nodeCount, from, latencyMs, entering, enteringStarts }: LinkColumns, to: number): Float64Array {
  const latencies = new Float64Array(nodeCount).fill(Infinity);
  const isSettled = new Uint8Array(nodeCount);
  const queue = new NearestFirst(entering.length + 1);
  latencies[to] = 0;
  queue.push(to, 0);
  while (!queue.isEmpty) {
    const node = queue.pop();
    if (isSettled[node] === 1) continue;
    isSettled[node] = 1;
    const end = enteringStarts[node + 1] ?? 0;
    for (let at = enteringStarts[node] ?? 0; at < end; at += 1) {
      const link = entering[at] ?? 0;
      const origin = from[link] ?? 0;
      const latency = (latencies[node] ?? 0) + (latencyMs[link] ?? 0);
      if (latency >= (latencies[origin] ?? 0)) continue;
      latencies[origin] = latency;
      queue.push(origin, latency);
    }
  }
  return latencies;
}

function isDownhill({ from, to, latencyMs }: LinkColumns, latencies: Float64Array, link: number): boolean {
  const [near, far] = [latencies[to[link] ?? 0] ?? Infinity, latencies[from[link] ?? 0] ?? Infinity];
  if (!(near < far)) return false;
  return Math.abs(near + (latencyMs[link] ?? 0) - far) <= SAME_LATENCY * far;
}
