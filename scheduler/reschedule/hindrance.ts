/** Whether one replica could go where it is to go, as the cluster is now. */
import type { PlacementScenario, PlannedPlacement } from "../../core/model/placement-scenario.ts";
import { moveOrder } from "../placement/search/order-moves.ts";
import type { ReplicaMove } from "./traffic-cost.ts";

/** In words; undefined if it could. */
export function hindranceTo({ service: name, from, to }: ReplicaMove, scenario: PlacementScenario): string | undefined {
  const service = scenario.services.find((each) => each.name === name);
  if (!scenario.nodes.some((node) => node.name === to)) return "it is not in the cluster";
  const standing = service?.initial.get(from) ?? 0;
  if (!service || standing <= (service.pinned.get(from) ?? 0)) return "none of them can leave its place";
  const after = new Map(service.initial).set(from, standing - 1).set(to, (service.initial.get(to) ?? 0) + 1);
  const placement: PlannedPlacement = new Map([
    ...scenario.services.map(({ name: other, initial }) => [other, initial] as const),
    [name, after],
  ]);
  // What gains nothing by itself is possible all the same.
  const isHindered = moveOrder(scenario, placement, 1).leftOut.some(({ because }) => because === "no-room");
  return isHindered ? "it has no room, or may have none of them" : undefined;
}
