/** What a split is computed on: an underlay, instances on it, and chains with a demand. Units are the network's own. */

export interface SplitNetwork {
  readonly name: string;
  readonly nodes: readonly string[];
  readonly links: readonly NetworkLink[];
  /** Instances by function. */
  readonly functions: ReadonlyMap<string, readonly NetworkInstance[]>;
  readonly chains: readonly NetworkChain[];
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
  /** Longest latency of links along the chain; ways that are longer are not used. */
  readonly latencyMsMax: number | undefined;
}
