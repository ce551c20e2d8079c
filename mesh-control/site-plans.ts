/** How each Service's load is shared among sites: computed when first asked for, then kept. */
import { groupOf, type LocalityLatencies, localityBetween, type Place } from "../core/model/locality.ts";
import { podKey } from "../core/model/pod.ts";
import { type Service, serviceKey } from "../core/model/service.ts";
import type { SiteSharing } from "../core/model/site-sharing.ts";
import type { MeshPod } from "./mesh-pods.ts";
import type { ServiceDemand } from "./site-demand.ts";
import { SITES_MAX, type SitePlan, sitePlanOf } from "./sites/site-plan.ts";
import type { SiteDelay } from "./sites/site-problem.ts";

export interface ServiceSites {
  readonly plan: SitePlan;
  /** By node. */
  readonly siteOf: (node: string) => string;
}

export interface SitePlans {
  /** Undefined where nothing is shared. */
  of(service: Service): ServiceSites | undefined;
}

export interface SitePlanInputs {
  readonly endpointPods: (service: Service) => readonly MeshPod[];
  readonly placeOf: (node: string) => Place;
  readonly demandOf: (service: string, pods: readonly string[]) => ServiceDemand;
  /** One way between sites, by the nearest locality that they share. */
  readonly latencyMs: LocalityLatencies;
}

export function sitePlans(inputs: SitePlanInputs): SitePlans {
  const known = new Map<string, ServiceSites>();
  return {
    of(service) {
      const { sharing } = service;
      if (sharing?.kind !== "parsed") return undefined;
      const key = serviceKey(service);
      const sites = known.get(key) ?? serviceSites(service, sharing.value, inputs);
      known.set(key, sites);
      return sites;
    },
  };
}

function serviceSites(service: Service, sharing: SiteSharing, inputs: SitePlanInputs): ServiceSites {
  const { endpointPods, placeOf, demandOf, latencyMs } = inputs;
  const pods = endpointPods(service);
  const demand = demandOf(serviceKey(service), pods.map(podKey));
  const siteOf = (node: string) => groupOf(placeOf(node), "zone");
  const capacities = new Map<string, number>();
  for (const { node } of pods) add(capacities, siteOf(node), sharing.podBytesPerSecond);
  for (const [node, rate] of demand.chainedTo) add(capacities, siteOf(node), -rate);
  const loads = new Map<string, number>();
  for (const [node, rate] of demand.from) add(loads, siteOf(node), rate);
  const places = new Map(
    [...pods.map(({ node }) => node), ...demand.from.keys()].map((node) => [siteOf(node), placeOf(node)]),
  );
  const sites = [...places.keys()].sort().map((name) => {
    return { name, capacity: Math.max(0, capacities.get(name) ?? 0), load: loads.get(name) ?? 0 };
  });
  const delays = sites.length > SITES_MAX ? [] : delaysBetween(places, latencyMs);
  const plan = sitePlanOf({ sites, delays, oneWayMsMax: sharing.oneWayMsMax });
  return { plan, siteOf };
}

function delaysBetween(places: ReadonlyMap<string, Place>, latencyMs: LocalityLatencies): readonly SiteDelay[] {
  const all = [...places];
  return all.flatMap(([a, one], index) =>
    all.slice(index + 1).map(([b, other]) => {
      const locality = localityBetween(one, other);
      return { a, b, oneWayMs: locality === "node" ? 0 : latencyMs[locality] };
    }),
  );
}

function add(amounts: Map<string, number>, name: string, amount: number): void {
  amounts.set(name, (amounts.get(name) ?? 0) + amount);
}
