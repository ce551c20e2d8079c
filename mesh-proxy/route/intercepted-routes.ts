/** Finds the upstream of a connection by where the application meant it to go. */
import { canonicalIpAddress } from "../../core/model/ip-address.ts";
import type { Upstream, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import { isDatagramProtocol } from "../../core/model/service.ts";
import type { UpstreamRoute } from "./route-table.ts";

interface Compiling {
  /** The pod's own. */
  readonly addressOf: (pod: string) => string | undefined;
  readonly compile: (upstream: Upstream) => UpstreamRoute;
}

export type FindIntercepted = (address: string, port: number) => UpstreamRoute | undefined;

/** Services' own addresses go before pods'. Time and memory O(addresses + endpoints of headless Services). */
export function interceptedRoutes(routes: readonly UpstreamRoute[], compiling: Compiling): FindIntercepted {
  const streams = routes.filter(({ upstream }) => !isDatagramProtocol(upstream.protocol));
  const found = new Map<string, () => UpstreamRoute>();
  const add = (address: string, port: number, find: () => UpstreamRoute) => {
    const key = keyOf(canonicalIpAddress(address), port);
    if (!found.has(key)) found.set(key, find);
  };
  for (const route of streams)
    for (const address of route.upstream.addresses ?? []) add(address, route.upstream.port, () => route);
  for (const { upstream } of streams) {
    for (const endpoint of upstream.isHeadless === true ? upstream.endpoints : []) {
      const address = compiling.addressOf(endpoint.pod);
      if (address !== undefined) add(address, endpoint.appPort, pinned(upstream, endpoint, compiling));
    }
  }
  return (address, port) => found.get(keyOf(canonicalIpAddress(address), port))?.();
}

/** What goes straight goes to the pod that was dialled, also one without a weight; made when it is first asked for. */
function pinned(upstream: Upstream, endpoint: WeightedEndpoint, { compile }: Compiling): () => UpstreamRoute {
  let route: UpstreamRoute | undefined;
  return () => {
    route ??= compile({ ...upstream, endpoints: [endpoint] });
    return route;
  };
}

function keyOf(address: string, port: number): string {
  return `${address} ${port}`;
}
