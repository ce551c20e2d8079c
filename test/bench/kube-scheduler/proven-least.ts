/** What a mixed-integer solver proves no placement of examples/5g-core to beat. */
import { type CostTree, costTreeOf } from "../../../core/model/cost-tree.ts";
import { defaultLocalityCosts } from "../../../core/model/locality.ts";
import { type PlacementCost, placementCost } from "../../../core/model/placement.ts";
import type { PlacementScenario, PlannedPlacement } from "../../../core/model/placement-scenario.ts";
import { Topology } from "../../../core/model/topology.ts";
import type { TrafficProfile } from "../../../core/model/traffic-profile.ts";
import { loadSolver, optimalPlacement, type Solver } from "../optimum/optimal-placement.ts";
import { trafficIn } from "./bound-placement.ts";
import { exampleScenario } from "./example-scenario.ts";
import { exampleWorld } from "./five-g-slices.ts";
import type { PlacedTraffic } from "./placement-bursts.ts";

const SOLVER_SECONDS_MAX = 600;
const NAMESPACE = "core";

/** The least of each; one placement need not have both. */
export async function provenLeast(flows: TrafficProfile): Promise<Pick<PlacedTraffic, "balancedBytes" | "cost">> {
  const scenario = exampleScenario(flows);
  const solver = await loadSolver();
  const bytes = costOfBest(flows, scenario, solver);
  const cost = costOfBest(flows, { ...scenario, costTree: exampleCosts() }, solver);
  return { balancedBytes: bytes.interNodeBytesPerSecond, cost: cost.cost };
}

function costOfBest(flows: TrafficProfile, scenario: PlacementScenario, solver: Solver): PlacementCost {
  const best = placesOf(optimalPlacement(scenario, solver, SOLVER_SECONDS_MAX));
  return placementCost(trafficIn([NAMESPACE], flows), best, defaultLocalityCosts);
}

function exampleCosts(): CostTree {
  const topology = new Topology(exampleWorld.nodes.map(({ place }) => place));
  return costTreeOf(topology, (locality) => defaultLocalityCosts[locality]);
}

function placesOf(planned: PlannedPlacement) {
  const places = new Map(exampleWorld.nodes.map(({ name, place }) => [name, place]));
  return new Map(
    [...planned].map(([service, byNode]) => [
      `${NAMESPACE}/${service}`,
      [...byNode].flatMap(([node, count]) => Array.from({ length: count }, () => places.get(node) ?? { node })),
    ]),
  );
}
