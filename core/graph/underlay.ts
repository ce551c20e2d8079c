/** How traffic travels between two nodes: along all shortest paths, divided equally at every node (ECMP). */
import { alg, Graph } from "@dagrejs/graphlib";
import { invariant, present } from "../model/invariant.ts";
import type { NetworkLink } from "../model/split-network.ts";

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
  /** Undefined where no path leads; the first question about a destination costs a shortest-path search, later ones are kept. */
  routeBetween(from: string, to: string): Route | undefined;
}

/** Latencies that differ by less are the same: sums of decimals are not exact. */
const SAME_LATENCY = 1e-9;
const VERTEX_PREFIX = "node ";

export function underlayOf(nodes: readonly string[], links: readonly NetworkLink[]): Underlay {
  const graph = new Graph({ directed: true, multigraph: true });
  for (const node of nodes) graph.setNode(vertex(node));
  for (const [index, { from, to }] of links.entries()) graph.setEdge(vertex(from), vertex(to), index, String(index));
  const towards = new Map<string, Downhill>();
  const routes = new Map<string, Route | undefined>();
  return {
    routeBetween(from, to) {
      if (from === to) return { latencyMs: 0, shares: [] };
      const key = JSON.stringify([from, to]);
      if (!routes.has(key)) {
        const downhill = towards.get(to) ?? downhillTo(graph, links, to);
        towards.set(to, downhill);
        routes.set(key, followDownhill(downhill, links, from));
      }
      return routes.get(key);
    },
  };
}

/** Everything on a shortest path to one destination. */
interface Downhill {
  readonly latencyMs: ReadonlyMap<string, number>;
  /** By node: the links on a shortest path from it. */
  readonly links: ReadonlyMap<string, readonly number[]>;
}

function downhillTo(graph: Graph, links: readonly NetworkLink[], to: string): Downhill {
  invariant(graph.hasNode(vertex(to)), `node ${to} is in the network`);
  const latencyOf = (name: string | undefined) => present(links[Number(name)], "link of an edge").latencyMs;
  // Searched backwards, so that one search serves every origin.
  const found = alg.dijkstra(
    graph,
    vertex(to),
    ({ name }) => latencyOf(name),
    (name) => graph.inEdges(name) ?? [],
  );
  const latencyMs = new Map<string, number>();
  for (const [name, { distance }] of Object.entries(found))
    if (distance < Infinity) latencyMs.set(name.slice(VERTEX_PREFIX.length), distance);
  const next = new Map<string, number[]>();
  for (const [index, link] of links.entries()) {
    const [near, far] = [latencyMs.get(link.to), latencyMs.get(link.from)];
    if (near === undefined || far === undefined || !isSame(near + link.latencyMs, far)) continue;
    next.set(link.from, [...(next.get(link.from) ?? []), index]);
  }
  return { latencyMs, links: next };
}

function followDownhill(downhill: Downhill, links: readonly NetworkLink[], from: string): Route | undefined {
  const latencyMs = downhill.latencyMs.get(from);
  if (latencyMs === undefined) return undefined;
  const arriving = new Map([[from, 1]]);
  const shares: LinkShare[] = [];
  for (const node of farthestFirst(downhill, links, from)) {
    const leaving = downhill.links.get(node) ?? [];
    const share = (arriving.get(node) ?? 0) / leaving.length;
    for (const link of leaving) {
      const { to } = present(links[link], "link on a shortest path");
      arriving.set(to, (arriving.get(to) ?? 0) + share);
      shares.push({ link, share });
    }
  }
  return { latencyMs, shares };
}

/** The nodes on a way down from `from`, each before every node that it sends to. */
function farthestFirst({ latencyMs, links: next }: Downhill, links: readonly NetworkLink[], from: string): string[] {
  const seen = new Set([from]);
  for (const node of seen)
    for (const link of next.get(node) ?? []) seen.add(present(links[link], "link on a shortest path").to);
  return [...seen].toSorted((a, b) => (latencyMs.get(b) ?? 0) - (latencyMs.get(a) ?? 0));
}

/** Keeps names such as `__proto__` from meaning anything in the graph's own tables. */
function vertex(node: string): string {
  return VERTEX_PREFIX + node;
}

function isSame(a: number, b: number): boolean {
  return Math.abs(a - b) <= SAME_LATENCY * Math.max(a, b);
}
