/** `--costs`: what bytes cost between nodes, as a tree that the search can use. */
import { clusterDelays, clusteredNodesMax } from "../../core/model/clustered-costs.ts";
import { type CostTree, costTreeOf } from "../../core/model/cost-tree.ts";
import { defaultLocalityCosts, type LocalityCosts, type Place } from "../../core/model/locality.ts";
import { Topology } from "../../core/model/topology.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import type { ScenarioDistances } from "../../platform/schema/scenario-distances.ts";

export interface PlanCosts {
  /** `localities`, or the label of a table of delays. */
  readonly by: string;
  readonly tree: CostTree;
  /** Undefined for localities: their costs are the tree's own. */
  readonly table: DelayTableCosts | undefined;
}

export interface DelayTableCosts {
  readonly delays: readonly (readonly number[])[];
  /** How far the tree is from the delays; of each pair relative to its delay. */
  readonly errorMax: number;
  readonly errorMean: number;
}

export const LOCALITIES = "localities";

/**
 * @throws WeftError config-invalid for a label that the file has not, and for localities where no node says where it stands;
 * scenario-invalid for a table of too many nodes
 */
export function planCosts(by: string, distances: ScenarioDistances): PlanCosts {
  const { places, localityCosts = defaultLocalityCosts, oneWayDelayMs } = distances;
  if (by === LOCALITIES) return { by, tree: localityTree(places, localityCosts), table: undefined };
  const delays = oneWayDelayMs.get(by);
  if (!delays) {
    const labels = [LOCALITIES, ...oneWayDelayMs.keys()].join(", ");
    throw new WeftError(
      "config-invalid",
      `--costs: the scenario has no delays of the label ${by}; there are: ${labels}`,
    );
  }
  if (delays.length > clusteredNodesMax)
    throw new WeftError(
      "scenario-invalid",
      `oneWayDelayMs.${by}: ${delays.length} nodes, more than the ${clusteredNodesMax} that a plan takes by their delays`,
    );
  const { tree, errorMax, errorMean } = clusterDelays(delays);
  return { by, tree, table: { delays, errorMax, errorMean } };
}

/** @throws WeftError config-invalid where no node says its rack, zone or region */
function localityTree(places: readonly Place[], costs: LocalityCosts): CostTree {
  if (places.every(({ rack, zone, region }) => [rack, zone, region].every((label) => label === undefined)))
    throw new WeftError("config-invalid", "--costs: no node says its rack, zone or region");
  return costTreeOf(new Topology(places), (locality) => costs[locality]);
}
