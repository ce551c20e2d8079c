import { costTreeOf } from "../../core/model/cost-tree.ts";
import { defaultLocalityCosts, type Place } from "../../core/model/locality.ts";
import { placementCost } from "../../core/model/placement.ts";
import type { PlacementScenario, PlannedPlacement } from "../../core/model/placement-scenario.ts";
import { Topology } from "../../core/model/topology.ts";
import type { PlanAnswer } from "../../scheduler/plan/plan-answer.ts";
import { plantedScenario } from "../builders/planted-scenario.ts";
import type { PlacementReport } from "./placement-report.ts";
import { greedyOf, initialOf, planned, share } from "./placement-runs.ts";

/** Racks and zones, the default costs, and what a byte costs on average under the balanced split: the judge knows no cost tree. */
export function localities(report: PlacementReport): void {
  report.heading("planted scenarios in four zones: cost of a byte (node 0, rack 1, zone 2, region 5)", [
    ...["", "as it stands", "netmarks, heaviest pairs first", "search by gained affinity", "search by cost"],
    "the hidden placement",
  ]);
  for (const { pods, seconds, seeds } of [
    { pods: 500, seconds: 5, seeds: [1, 2, 3] },
    { pods: 2000, seconds: 10, seeds: [1] },
  ])
    for (const seed of seeds) {
      const { scenario, hidden, places } = plantedScenario({ seed, pods, noise: 0.3, fill: 0.9, zones: 4 });
      const costTree = costTreeOf(new Topology(places), (locality) => defaultLocalityCosts[locality]);
      const cost = (placement: PlannedPlacement) => share(trueCost(scenario, places, placement));
      const greedy = greedyOf(scenario, true);
      report.row(
        `${pods} pods, ${seconds} s, seed ${seed}`,
        cost(initialOf(scenario)),
        `${cost(greedy.placement)}${greedy.pending > 0 ? `, ${greedy.pending} pods pending` : ""}`,
        cost(placementOfAnswer(planned(scenario, seconds, seed))),
        cost(placementOfAnswer(planned({ ...scenario, costTree }, seconds, seed))),
        cost(hidden),
      );
    }
}

function trueCost({ traffic }: PlacementScenario, places: readonly Place[], placement: PlannedPlacement): number {
  const placeOf = new Map(places.map((place) => [place.node, place]));
  const standing = [...placement].map(([service, byNode]): [string, Place[]] => [
    service,
    [...byNode].flatMap(([node, count]) => new Array<Place>(count).fill(placeOf.get(node) ?? { node })),
  ]);
  const pairs = traffic.map(({ from, to, weight }) => ({ source: from, destination: to, bytesPerSecond: weight }));
  const { cost, bytesPerSecond } = placementCost(pairs, new Map(standing), defaultLocalityCosts);
  return cost / bytesPerSecond;
}

function placementOfAnswer({ placement }: PlanAnswer): PlannedPlacement {
  return new Map(Object.entries(placement).map(([service, byNode]) => [service, new Map(Object.entries(byNode))]));
}
