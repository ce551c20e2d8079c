/** The answer to `GET /v1/sites`. */
import { serviceKey } from "../core/model/service.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { LeftExcess, Site, Transfer } from "./sites/site-problem.ts";

export interface SharedService {
  /** `namespace/name`. */
  readonly service: string;
  readonly oneWayMsMax: number;
  /** Capacity and load in bytes per second. */
  readonly sites: readonly Site[];
  readonly transfers: readonly Transfer[];
  readonly left: readonly LeftExcess[];
  /** Why nothing is shared. */
  readonly refusal?: string | undefined;
}

/** Every Service whose load is shared among sites. */
export function listSites(index: MeshIndex | undefined): readonly SharedService[] {
  return [...(index?.services.values() ?? [])].flatMap((service) => {
    const sites = index?.sites.of(service);
    if (!sites) return [];
    const { problem, shared, refusal } = sites.plan;
    const { transfers, left } = shared;
    const { sites: all, oneWayMsMax } = problem;
    return [{ service: serviceKey(service), oneWayMsMax, sites: all, transfers, left, refusal }];
  });
}
