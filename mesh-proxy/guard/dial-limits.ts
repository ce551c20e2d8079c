/** What limits keep a dial from. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { IsExcluded } from "../balance/endpoint-order.ts";
import { endpointKey } from "../steer/breakers.ts";
import type { MeshDial, MeshDialFailure } from "../steer/dial-mesh.ts";
import { DialledPlace } from "./dialled-place.ts";
import type { LimitReason, ServiceGuard } from "./service-guard.ts";

type Tried = ReadonlySet<string>;

/** Endpoints that are not asked whatever their health: they were, or their limits are reached. */
export function barred({ hasRoomAt }: MeshDial, tried: Tried): IsExcluded<WeightedEndpoint> {
  if (hasRoomAt === undefined && tried.size === 0) return () => false;
  return (endpoint) => {
    const key = endpointKey(endpoint);
    return tried.has(key) || hasRoomAt?.(key) === false;
  };
}

/** Whether endpoints are left that only their limits kept from being tried. */
export function isFull(dial: MeshDial, tried: Tried): boolean {
  return dial.hasRoomAt !== undefined && hasAny(dial, (key) => !tried.has(key));
}

/** Why there is nothing to dial, where a limit is the reason. */
export function limitReached(dial: MeshDial, tried: Tried): MeshDialFailure | undefined {
  const { guard } = dial;
  if (guard === undefined || !isFull(dial, tried)) return undefined;
  const hasConnectionRoom = hasAny(dial, (key) => !tried.has(key) && guard.occupancy.hasConnectionRoomAt(key));
  return failure(guard, hasConnectionRoom ? "max_parallel_requests" : "max_connections");
}

export function connectionLimit({ guard }: MeshDial): MeshDialFailure | undefined {
  return guard?.occupancy.hasConnectionRoom === false ? failure(guard, "max_connections") : undefined;
}

export function placeFor({ guard, mode }: MeshDial, endpoint: WeightedEndpoint): DialledPlace | undefined {
  return guard && new DialledPlace(guard.occupancy, endpointKey(endpoint), mode === "request");
}

function hasAny({ choose }: MeshDial, isWanted: (key: string) => boolean): boolean {
  return choose((endpoint) => !isWanted(endpointKey(endpoint)), true).kind !== "none";
}

function failure(guard: ServiceGuard, limit: LimitReason): MeshDialFailure {
  const what = limit === "max_connections" ? "connections" : "requests";
  const reason = `there are as many ${what} to ${guard.namespace}/${guard.service} as there may be`;
  return { kind: "failed", by: guard.limit(limit), reason };
}
