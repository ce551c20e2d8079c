/** How each Service's load is shared among sites: computed when first asked for, then kept. */
import type { MeasuredPair } from "../core/graph/delay-table.ts";
import { groupOf, type LocalityLatencies, type Place } from "../core/model/locality.ts";
import { podKey } from "../core/model/pod.ts";
import { type Service, serviceKey } from "../core/model/service.ts";
import type { SiteSharing } from "../core/model/site-sharing.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { delaysBetween, type MeasuredDelays, measuredDelays } from "./site-delays.ts";
import type { ServiceDemand } from "./site-demand.ts";
import { SITES_MAX, type SitePlan, sitePlanOf } from "./sites/site-plan.ts";

export interface ServiceSites {
  readonly plan: SitePlan;
  /** By node. */
  readonly siteOf: (node: string) => string;
}

export interface SitePlans {
  /** Undefined where nothing is shared. */
  of(service: Service): ServiceSites | undefined;
}

export interface SiteMeasurements {
  readonly demandOf: (service: string, pods: readonly string[]) => ServiceDemand;
  readonly measuredPairs: () => Iterable<MeasuredPair>;
  /** One way between sites where nothing is measured, by the nearest locality that they share. */
  readonly latencyMs: LocalityLatencies;
}

export interface SitePlanInputs extends SiteMeasurements {
  readonly endpointPods: (service: Service) => readonly MeshPod[];
  readonly placeOf: (node: string) => Place;
}

export function sitePlans(inputs: SitePlanInputs): SitePlans {
  const siteOf = (node: string) => groupOf(inputs.placeOf(node), "zone");
  const known = new Map<string, ServiceSites>();
  let measured: MeasuredDelays | undefined;
  return {
    of(service) {
      const { sharing } = service;
      if (sharing?.kind !== "parsed") return undefined;
      const key = serviceKey(service);
      measured ??= measuredDelays(inputs.measuredPairs(), siteOf);
      const sites = known.get(key) ?? serviceSites(service, sharing.value, { ...inputs, siteOf, measured });
      known.set(key, sites);
      return sites;
    },
  };
}

interface KnownInputs extends SitePlanInputs {
  readonly siteOf: (node: string) => string;
  readonly measured: MeasuredDelays;
}

function serviceSites(service: Service, sharing: SiteSharing, inputs: KnownInputs): ServiceSites {
  const { placeOf, siteOf, latencyMs, measured } = inputs;
  const pods = inputs.endpointPods(service);
  const demand = inputs.demandOf(serviceKey(service), pods.map(podKey));
  const nodes = [...pods.map(({ node }) => node), ...demand.from.keys()];
  const places = new Map(nodes.map((node) => [siteOf(node), placeOf(node)]));
  const capacities = capacitiesOf(pods, demand, sharing, siteOf);
  const loads = new Map<string, number>();
  for (const [node, rate] of demand.from) add(loads, siteOf(node), rate);
  const sites = [...places.keys()].sort().map((name) => {
    return { name, capacity: Math.max(0, capacities.get(name) ?? 0), load: loads.get(name) ?? 0 };
  });
  const delays = sites.length > SITES_MAX ? [] : delaysBetween(places, latencyMs, measured);
  return { plan: sitePlanOf({ sites, delays, oneWayMsMax: sharing.oneWayMsMax }), siteOf };
}

/** What a site's pods take, less what chains bring them. */
function capacitiesOf(
  pods: readonly MeshPod[],
  { chainedTo }: ServiceDemand,
  { podBytesPerSecond }: SiteSharing,
  siteOf: (node: string) => string,
): ReadonlyMap<string, number> {
  const capacities = new Map<string, number>();
  for (const { node } of pods) add(capacities, siteOf(node), podBytesPerSecond);
  for (const [node, rate] of chainedTo) add(capacities, siteOf(node), -rate);
  return capacities;
}

function add(amounts: Map<string, number>, name: string, amount: number): void {
  amounts.set(name, (amounts.get(name) ?? 0) + amount);
}
