/** Finds the upstream of a connection by where the application meant it to go. */
import { canonicalIpAddress } from "../../core/model/ip-address.ts";
import type { Upstream, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import { isDatagramProtocol } from "../../core/model/service.ts";
import type { UpstreamRoute } from "./route-table.ts";

interface Compiling {
  /** The pod of this address, which is written canonically. */
  readonly podAt: (address: string) => string | undefined;
  readonly compile: (upstream: Upstream) => UpstreamRoute;
}

export type FindIntercepted = (address: string, port: number) => UpstreamRoute | undefined;

/** A pod as an endpoint of an upstream. */
interface Place {
  readonly upstream: Upstream;
  readonly endpoint: WeightedEndpoint;
  /** Compiled when it is first asked for: few of a cluster's pods are. */
  route: UpstreamRoute | undefined;
}

/**
 * A Service's own address leads to the Service, a pod's to that pod: of a headless Service, which has no other, as the Service's
 * traffic goes; else straight, since whoever asks for one pod is to reach it. The former go before the latter.
 * Time and memory O(addresses), and with the first pod that is asked for O(endpoints).
 */
export function interceptedRoutes(routes: readonly UpstreamRoute[], { podAt, compile }: Compiling): FindIntercepted {
  const intercepted = routes.filter(({ upstream }) => isIntercepted(upstream));
  const services = servicesByAddress(intercepted);
  let places: ReadonlyMap<string, readonly Place[]> | undefined;
  return (text, port) => {
    const address = canonicalIpAddress(text);
    const service = services.get(keyOf(address, port));
    const pod = service === undefined ? podAt(address) : undefined;
    if (pod === undefined) return service;
    places ??= placesByPod(intercepted);
    const place = places.get(pod)?.find(({ endpoint }) => endpoint.appPort === port);
    if (place !== undefined) place.route ??= compile(upstreamAt(place));
    return place?.route;
  };
}

function isIntercepted({ protocol, addresses, isHeadless }: Upstream): boolean {
  return !isDatagramProtocol(protocol) && (addresses !== undefined || isHeadless === true);
}

function servicesByAddress(intercepted: readonly UpstreamRoute[]): ReadonlyMap<string, UpstreamRoute> {
  const services = new Map<string, UpstreamRoute>();
  for (const route of intercepted) {
    for (const address of route.upstream.addresses ?? []) {
      const key = keyOf(canonicalIpAddress(address), route.upstream.port);
      if (!services.has(key)) services.set(key, route);
    }
  }
  return services;
}

function placesByPod(intercepted: readonly UpstreamRoute[]): ReadonlyMap<string, readonly Place[]> {
  const places = new Map<string, Place[]>();
  const headlessFirst = intercepted.toSorted((a, b) => rankOf(a.upstream) - rankOf(b.upstream));
  for (const { upstream } of headlessFirst) {
    for (const endpoint of upstream.endpoints) {
      const known = places.get(endpoint.pod);
      const place = { upstream, endpoint, route: undefined };
      if (known === undefined) places.set(endpoint.pod, [place]);
      else known.push(place);
    }
  }
  return places;
}

function rankOf({ isHeadless }: Upstream): number {
  return isHeadless === true ? 0 : 1;
}

function upstreamAt({ upstream, endpoint }: Place): Upstream {
  const pinned = { ...upstream, endpoints: [endpoint] };
  if (upstream.isHeadless === true) return pinned;
  const { path: _path, matches: _matches, rules: _rules, ...straight } = pinned;
  return straight;
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}
