/** How traffic travels between two nodes: along all shortest paths, divided equally at every node (ECMP), or as it is given. */
import { Graph } from "@dagrejs/graphlib";
import { present } from "../model/invariant.ts";
import type { NetworkLink, NetworkRoute, RouteShare, Routing } from "../model/split-network.ts";
import { CheapestWays } from "./cheapest-ways.ts";
import { downhillTo, type LinkColumns } from "./downhill.ts";
import { givenOrOther, matrixRoutesTo } from "./route-matrix.ts";
import { type RoutesTo, routesDownhill } from "./routes-to.ts";

/** The links that traffic from one node to another uses, and its latency. */
export interface Route {
  /** Mean over its ways; 0 on the node itself. */
  readonly latencyMs: number;
  readonly shares: readonly RouteShare[];
}

export interface Underlay {
  readonly columns: LinkColumns;
  /** The node's index in the columns. */
  indexOf(node: string): number;
  /** From every node to this one; the first question costs a search, later ones are kept. */
  routesTo(node: number): RoutesTo;
  /** Undefined where no route leads. Each pair's is kept. */
  routeBetween(from: string, to: string): Route | undefined;
}

const VERTEX_PREFIX = "node ";

/** Where the solver may choose routes, they are ECMP's until it has. Given routes must have been found to be ones. */
export function underlayOf(
  nodes: readonly string[],
  links: readonly NetworkLink[],
  routing: Routing = { kind: "ecmp" },
): Underlay {
  const graph = new Graph<unknown, number, number>({ directed: true, multigraph: true });
  for (const [index, node] of nodes.entries()) graph.setNode(vertex(node), index);
  for (const [index, { from, to }] of links.entries()) graph.setEdge(vertex(from), vertex(to), index, String(index));
  const columns = columnsOf(graph, nodes, links);
  const indexOf = (node: string) => present(graph.node(vertex(node)), `node ${node}`);
  const shortest = new CheapestWays(columns);
  const search = (node: number) => routesDownhill(columns, downhillTo(columns, node, shortest));
  const ways = { columns, indexOf };
  return routing.kind === "matrix"
    ? underlayBy(ways, matrixSearch(nodes, routing.routes, ways))
    : underlayBy(ways, search);
}

/** The underlay with these routes in the place of its own; they must have been found to be ones. */
export function withRoutes(underlay: Underlay, nodes: readonly string[], routes: readonly NetworkRoute[]): Underlay {
  const search = matrixSearch(nodes, routes, underlay);
  return underlayBy(underlay, (node) => givenOrOther(search(node), underlay.routesTo(node)));
}

type Ways = Pick<Underlay, "columns" | "indexOf">;

/** Asks `search` once for each destination. */
function underlayBy({ columns, indexOf }: Ways, search: Underlay["routesTo"]): Underlay {
  const towards = new Map<number, RoutesTo>();
  const routes = new Map<string, Route | undefined>();
  const routesTo = (node: number) => {
    const known = towards.get(node) ?? search(node);
    towards.set(node, known);
    return known;
  };
  return {
    columns,
    indexOf,
    routesTo,
    routeBetween(from, to) {
      if (from === to) return { latencyMs: 0, shares: [] };
      const key = JSON.stringify([from, to]);
      if (!routes.has(key)) routes.set(key, routeOf(routesTo(indexOf(to)), indexOf(from)));
      return routes.get(key);
    },
  };
}

function routeOf(routes: RoutesTo, from: number): Route | undefined {
  const latencyMs = routes.latencyMs[from] ?? Infinity;
  return latencyMs === Infinity ? undefined : { latencyMs, shares: routes.sharesFrom(from) };
}

function matrixSearch(
  nodes: readonly string[],
  routes: readonly NetworkRoute[],
  { columns, indexOf }: Ways,
): Underlay["routesTo"] {
  const byDestination: ReadonlyMap<string, readonly NetworkRoute[]> = Map.groupBy(routes, ({ to }) => to);
  return (node) => matrixRoutesTo(byDestination.get(nodes[node] ?? "") ?? [], node, columns, indexOf);
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

/** Keeps names such as `__proto__` from meaning anything in the graph's own tables. */
function vertex(node: string): string {
  return VERTEX_PREFIX + node;
}
