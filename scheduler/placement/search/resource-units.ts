import type { PlacementScenario } from "../../../core/model/placement-scenario.ts";

/** Requests and capacities as whole numbers, so that adding and subtracting them for hours leaves no error behind. */
export interface ResourceUnits {
  readonly resourceCount: number;
  /** At `service * resourceCount + resource`. */
  readonly request: Float64Array;
  /** At `node * resourceCount + resource`. */
  readonly capacity: Float64Array;
}

/** The largest amount of a resource becomes so many units: exact up to 2^53, which is 128 times as much on one node. */
const UNITS_MAX = 2 ** 46;

/**
 * How far a node may be filled beyond its capacity, as part of it: the decimal fractions of a file have no exact binary
 * form, and three times 0.1 must fit in 0.3.
 */
const ROUNDING = 1e-12;

export function resourceUnitsOf({ resources, nodes, services }: PlacementScenario): ResourceUnits {
  const resourceCount = resources.length;
  const request = new Float64Array(services.length * resourceCount);
  const capacity = new Float64Array(nodes.length * resourceCount);
  for (let resource = 0; resource < resourceCount; resource++) {
    const unit = unitOf([...nodes.map((node) => node.capacity), ...services.map((each) => each.request)], resource);
    for (const [index, service] of services.entries())
      request[index * resourceCount + resource] = Math.round((service.request[resource] ?? 0) / unit);
    for (const [index, node] of nodes.entries())
      capacity[index * resourceCount + resource] = Math.floor(((node.capacity[resource] ?? 0) / unit) * (1 + ROUNDING));
  }
  return { resourceCount, request, capacity };
}

function unitOf(amounts: readonly (readonly number[])[], resource: number): number {
  const most = amounts.reduce((max, amount) => Math.max(max, amount[resource] ?? 0), 0);
  return most > 0 ? most / UNITS_MAX : 1;
}
