/** What bytes cost between the nodes of a scenario file: by the places of its nodes, or by tables of delays. */
import { z } from "zod";
import { type Locality, type LocalityCosts, localities, type Place } from "../../core/model/locality.ts";
import type { ScenarioFile } from "./placement-scenario.ts";
import type { Contradiction } from "./scenario-contradictions.ts";

const label = z.string().min(1).max(253).optional();
const cost = z.number().min(0);

/** Keys of a node. A rack's name counts within its zone, a zone's within its region. */
export const placeKeys = { rack: label, zone: label, region: label };

export const costsSchema = z
  .object({ node: cost, rack: cost, zone: cost, region: cost, other: cost })
  .describe("Cost of a byte by the nearest locality that its ends share.");

export interface ScenarioDistances {
  /** In the order of the nodes. */
  readonly places: readonly Place[];
  /** Undefined where the file has none. */
  readonly localityCosts: LocalityCosts | undefined;
  /** By label; one-way delays by node and node, in the order of the nodes. */
  readonly oneWayDelayMs: ReadonlyMap<string, readonly (readonly number[])[]>;
}

export function distancesOf({ nodes, costs, oneWayDelayMs = {} }: ScenarioFile): ScenarioDistances {
  return {
    places: nodes.map(({ name, rack, zone, region }) => ({ node: name, rack, zone, region })),
    localityCosts: costs,
    oneWayDelayMs: new Map(Object.entries(oneWayDelayMs)),
  };
}

/** Tables that are not of the nodes, and costs that fall with distance. */
export function* distanceContradictions({ nodes, costs, oneWayDelayMs = {} }: ScenarioFile): Generator<Contradiction> {
  for (const [table, rows] of Object.entries(oneWayDelayMs)) {
    if (rows.length !== nodes.length)
      yield { path: ["oneWayDelayMs", table], message: `has ${rows.length} rows for ${nodes.length} nodes` };
    for (const [index, row] of rows.entries())
      if (row.length !== nodes.length)
        yield { path: ["oneWayDelayMs", table, index], message: `has ${row.length} delays for ${nodes.length} nodes` };
  }
  let nearer: Locality = "node";
  for (const locality of costs ? localities : []) {
    if (costs && costs[locality] < costs[nearer])
      yield { path: ["costs", locality], message: `${costs[locality]} is less than ${costs[nearer]} of ${nearer}` };
    nearer = locality;
  }
}
