/** The costs that count now: configured, or by what is measured as far as that goes. */
import type { DelayTable } from "../../core/graph/delay-table.ts";
import { type GroupCostOf, type GroupCosts, groupCosts } from "../../core/model/group-costs.ts";
import type { LocalityCosts } from "../../core/model/locality.ts";
import type { Topology } from "../../core/model/topology.ts";
import { measuredCosts } from "./measured-costs.ts";

export type CostOrigin =
  | { readonly kind: "configured" }
  /** Costs should be measured, but too little is; they are the configured ones. */
  | { readonly kind: "unmeasured" }
  | {
      readonly kind: "measured";
      /** Pairs of nodes that count, and groups with a cost of their own. */
      readonly pairCount: number;
      readonly groupCount: number;
      /** Milliseconds of round trip where a group has no cost of its own. */
      readonly localityCosts: LocalityCosts;
    };

export interface PricedTopology {
  readonly costs: GroupCosts;
  /** The same by locality and group, as `costTreeOf` takes it. */
  readonly costOf: GroupCostOf;
  readonly origin: CostOrigin;
}

export interface CurrentCostsOptions {
  readonly costs: "configured" | "measured";
  readonly localityCosts: LocalityCosts;
  readonly pairsMin: number;
}

/** Worked out again only for another topology, or after round trips have changed. */
export class CurrentCosts {
  readonly #options: CurrentCostsOptions;
  readonly #delays: DelayTable;
  #current: { readonly topology: Topology; readonly version: number; readonly priced: PricedTopology } | undefined;

  constructor(options: CurrentCostsOptions, delays: DelayTable) {
    this.#options = options;
    this.#delays = delays;
  }

  /** Where the costs asked for last came from. */
  get origin(): CostOrigin | undefined {
    return this.#current?.priced.origin;
  }

  of(topology: Topology): PricedTopology {
    const { version } = this.#delays;
    const known = this.#current;
    const isFixed = this.#options.costs === "configured";
    if (known?.topology === topology && (isFixed || known.version === version)) return known.priced;
    const priced = this.#priced(topology);
    this.#current = { topology, version, priced };
    return priced;
  }

  #priced(topology: Topology): PricedTopology {
    const { costs, localityCosts } = this.#options;
    const measured = costs === "measured" && measuredCosts(topology, this.#delays.pairs(), this.#options);
    if (measured) {
      const { costOf, ...figures } = measured;
      return { costs: groupCosts(topology, costOf), costOf, origin: { kind: "measured", ...figures } };
    }
    const costOf: GroupCostOf = (locality) => localityCosts[locality];
    return {
      costs: groupCosts(topology, costOf),
      costOf,
      origin: { kind: costs === "measured" ? "unmeasured" : "configured" },
    };
  }
}
