/** How traffic reaches one node from every other: what it costs, what it loads. */
import type { RouteShare } from "../model/split-network.ts";
import { costsDownhill, type Downhill, type LinkColumns, loadDownhill, slowestDownhill } from "./downhill.ts";

export interface RoutesTo {
  /** By node: mean over what sets out there; Infinity where no route leads. */
  readonly latencyMs: Float64Array;
  /** By node: of the slowest way that some of it takes; under ECMP all ways are equally long. */
  readonly slowestMs: Float64Array;
  /** Writes to `costs`, by node where a route leads, what a byte from there costs when each link costs what `linkCosts` says. */
  costs(linkCosts: Float64Array, costs: Float64Array): void;
  /** Adds to `linkLoads` what traffic puts on each link. `amounts` is, by node, what sets out there; it is used up. */
  load(amounts: Float64Array, linkLoads: Float64Array): void;
  /** Each link that traffic from the node uses, once; empty on the destination itself, and where no route leads. */
  sharesFrom(node: number): readonly RouteShare[];
}

export function routesDownhill(columns: LinkColumns, downhill: Downhill): RoutesTo {
  const { nodes, starts, links, parts, latencyMs } = downhill;
  return {
    latencyMs,
    slowestMs: slowestDownhill(downhill, columns),
    costs: (linkCosts, costs) => costsDownhill(downhill, columns, linkCosts, costs),
    load: (amounts, linkLoads) => loadDownhill(downhill, columns, amounts, linkLoads),
    sharesFrom(from) {
      const arriving = new Float64Array(columns.nodeCount);
      arriving[from] = 1;
      const shares: RouteShare[] = [];
      for (const [position, node] of nodes.entries()) {
        const arrived = arriving[node] ?? 0;
        if (arrived === 0) continue;
        for (let at = starts[position] ?? 0; at < (starts[position + 1] ?? 0); at += 1) {
          const [link, share] = [links[at] ?? 0, arrived * (parts[at] ?? 0)];
          const next = columns.to[link] ?? 0;
          arriving[next] = (arriving[next] ?? 0) + share;
          shares.push({ link, share });
        }
      }
      return shares;
    },
  };
}
