/** How traffic travels between two nodes: along all shortest paths, divided equally at every node (ECMP). */
import { Graph } from "@dagrejs/graphlib";
import { present } from "../model/invariant.ts";
import type { NetworkLink } from "../model/split-network.ts";
import { type Downhill, downhillTo, type LinkColumns } from "./downhill.ts";

/** The links that traffic from one node to another uses, and its latency. */
export interface Route {
  /** Of every shortest path; 0 on the node itself. */
  readonly latencyMs: number;
  readonly shares: readonly LinkShare[];
}

export interface LinkShare {
  /** Index into the links. */
  readonly link: number;
  /** Part of the traffic that passes it, in (0, 1]. */
  readonly share: number;
}

export interface Underlay {
  readonly columns: LinkColumns;
  /** The node's index in the columns. */
  indexOf(node: string): number;
  /** All shortest paths to a node; the first question costs a search, later ones are kept. */
  downhillTo(node: number): Downhill;
  /** Undefined where no path leads. Each pair's route is kept. */
  routeBetween(from: string, to: string): Route | undefined;
}

const VERTEX_PREFIX = "node ";

export function underlayOf(nodes: readonly string[], links: readonly NetworkLink[]): Underlay {
  const graph = new Graph<unknown, number, number>({ directed: true, multigraph: true });
  for (const [index, node] of nodes.entries()) graph.setNode(vertex(node), index);
  for (const [index, { from, to }] of links.entries()) graph.setEdge(vertex(from), vertex(to), index, String(index));
  const columns = columnsOf(graph, nodes, links);
  const towards = new Map<number, Downhill>();
  const routes = new Map<string, Route | undefined>();
  const underlay: Underlay = {
    columns,
    indexOf: (node) => present(graph.node(vertex(node)), `node ${node}`),
    downhillTo(node) {
      const downhill = towards.get(node) ?? downhillTo(columns, node);
      towards.set(node, downhill);
      return downhill;
    },
    routeBetween(from, to) {
      if (from === to) return { latencyMs: 0, shares: [] };
      const key = JSON.stringify([from, to]);
      if (!routes.has(key)) {
        const downhill = underlay.downhillTo(underlay.indexOf(to));
        routes.set(key, followDownhill(downhill, columns, underlay.indexOf(from)));
      }
      return routes.get(key);
    },
  };
  return underlay;
}

function columnsOf(
  graph: Graph<unknown, number, number>,
  nodes: readonly string[],
  links: readonly NetworkLink[],
): LinkColumns {
  const indexOf = (node: string) => present(graph.node(vertex(node)), `node ${node}`);
  const indices = (edges: readonly { readonly name?: string | undefined }[] | undefined) =>
    (edges ?? []).map(({ name }) => Number(name)).sort((a, b) => a - b);
  const [leavingStarts, leaving] = packed(nodes.map((node) => indices(graph.outEdges(vertex(node)))));
  const [enteringStarts, entering] = packed(nodes.map((node) => indices(graph.inEdges(vertex(node)))));
  return {
    nodeCount: nodes.length,
    from: Int32Array.from(links, ({ from }) => indexOf(from)),
    to: Int32Array.from(links, ({ to }) => indexOf(to)),
    latencyMs: Float64Array.from(links, ({ latencyMs }) => latencyMs),
    leavingStarts,
    leaving,
    enteringStarts,
    entering,
  };
}

function packed(lists: readonly (readonly number[])[]): readonly [starts: Int32Array, members: Int32Array] {
  const starts = new Int32Array(lists.length + 1);
  for (const [index, { length }] of lists.entries()) starts[index + 1] = (starts[index] ?? 0) + length;
  return [starts, Int32Array.from(lists.flat())];
}

function followDownhill(
  { latencyMs, nodes, starts, links }: Downhill,
  { nodeCount, to }: LinkColumns,
  from: number,
): Route | undefined {
  const latency = latencyMs[from] ?? Infinity;
  if (latency === Infinity) return undefined;
  const arriving = new Float64Array(nodeCount);
  arriving[from] = 1;
  const shares: LinkShare[] = [];
  for (const [position, node] of nodes.entries()) {
    const arrived = arriving[node] ?? 0;
    if (arrived === 0) continue;
    const leaving = links.subarray(starts[position], starts[position + 1]);
    const share = arrived / leaving.length;
    for (const link of leaving) {
      const next = to[link] ?? 0;
      arriving[next] = (arriving[next] ?? 0) + share;
      shares.push({ link, share });
    }
  }
  return { latencyMs: latency, shares };
}

/** Keeps names such as `__proto__` from meaning anything in the graph's own tables. */
function vertex(node: string): string {
  return VERTEX_PREFIX + node;
}
