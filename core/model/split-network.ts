/** What a split is computed on: an underlay, instances on it, and chains with a demand. Units are the network's own. */

export interface SplitNetwork {
  readonly name: string;
  readonly routing: Routing;
  readonly nodes: readonly string[];
  readonly links: readonly NetworkLink[];
  /** Instances by function. */
  readonly functions: ReadonlyMap<string, readonly NetworkInstance[]>;
  readonly chains: readonly NetworkChain[];
}

/** Who decides on which links traffic between two nodes travels. */
export type Routing =
  /** The underlay: equally among all shortest paths (latency), at every node. */
  | { readonly kind: "ecmp" }
  /** The underlay: as was measured or configured. Where no route is given none leads. */
  | { readonly kind: "matrix"; readonly routes: readonly NetworkRoute[] }
  /** Whoever splits the chains. */
  | { readonly kind: "free" };

/** All traffic from one node to another. */
export interface NetworkRoute {
  readonly from: string;
  readonly to: string;
  /** Each link at most once; together they lead the whole traffic from `from` to `to`, in no circle. */
  readonly links: readonly RouteShare[];
}

export interface RouteShare {
  /** Index into the network's links. */
  readonly link: number;
  /** Part of the pair's traffic that passes it, in (0, 1]. */
  readonly share: number;
}

/** One direction of a link. */
export interface NetworkLink {
  readonly from: string;
  readonly to: string;
  /** More than 0; Infinity is unlimited. */
  readonly capacity: number;
  /** More than 0, so that no shortest path goes in circles. */
  readonly latencyMs: number;
}

export interface NetworkInstance {
  /** Unique within its function. */
  readonly name: string;
  readonly node: string;
  /** What it can take in; more than 0; Infinity is unlimited. */
  readonly capacity: number;
}

export interface NetworkSource {
  readonly name: string;
  readonly node: string;
  /** Part of the chain's demand that begins here, in (0, 1]; the shares of a chain sum to 1. */
  readonly share: number;
}

export interface NetworkChain {
  readonly name: string;
  readonly sources: readonly NetworkSource[];
  readonly functions: readonly string[];
  /** Out per in, for each function. */
  readonly scaling: readonly number[];
  readonly destinations: readonly NetworkInstance[];
  readonly demand: number;
  /** No traffic takes a way through the chain whose links take longer than this. */
  readonly latencyMsMax: number | undefined;
}
