/** Whether one replica could go where it is to go, as the cluster is now. */
import type { PlacementScenario, PlannedPlacement, ScenarioService } from "../../core/model/placement-scenario.ts";
import { moveOrder } from "../placement/search/order-moves.ts";
import type { ReplicaMove } from "./traffic-cost.ts";

/** In words; undefined if it could. */
export function hindranceTo(move: ReplicaMove, scenario: PlacementScenario): string | undefined {
  const { service: name, from, to } = move;
  const service = scenario.services.find((each) => each.name === name);
  if (!scenario.nodes.some((node) => node.name === to)) return "it is not in the cluster";
  const standing = service?.initial.get(from) ?? 0;
  if (!service || standing <= (service.pinned.get(from) ?? 0)) return "none of them can leave its place";
  const after = new Map(service.initial).set(from, standing - 1).set(to, (service.initial.get(to) ?? 0) + 1);
  const concerned = concernedBy(move, service, scenario);
  const placement: PlannedPlacement = new Map([
    ...concerned.services.map(({ name: other, initial }) => [other, initial] as const),
    [name, after],
  ]);
  const isHindered = moveOrder(concerned, placement, 1).leftOut.some(({ because }) => because === "no-room");
  return isHindered ? "it has no room, or may have none of them" : undefined;
}

/** The whole cluster would take a second in the extender's thread; what stands elsewhere takes no room there, and gain is no matter here. */
function concernedBy({ to }: ReplicaMove, moved: ScenarioService, scenario: PlacementScenario): PlacementScenario {
  const keepsApart = (one: ScenarioService, other: ScenarioService) =>
    one.apart?.some(({ service }) => service === other.name) ?? false;
  const services = scenario.services.filter(
    (each) => each === moved || each.initial.has(to) || keepsApart(each, moved) || keepsApart(moved, each),
  );
  const names = new Set(services.map(({ name }) => name));
  const amongThem = (each: ScenarioService): ScenarioService =>
    each.apart ? { ...each, apart: each.apart.filter(({ service }) => names.has(service)) } : each;
  return { ...scenario, services: services.map(amongThem), traffic: [], costTree: undefined };
}
