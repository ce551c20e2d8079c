/** What Services' annotations say of their traffic, as proxies are told. */
import type { PortRateLimit, Upstream } from "../core/model/mesh-snapshot.ts";
import type { Pod } from "../core/model/pod.ts";
import { isDatagramProtocol, type Service, selects } from "../core/model/service.ts";

/** For the proxies of the Service's clients. */
export function trafficOf({ traffic }: Service): Pick<Upstream, "traffic"> {
  return traffic === undefined || Object.keys(traffic.policy).length === 0 ? {} : { traffic: traffic.policy };
}

export function trafficProblems({ namespace, name, traffic }: Service): readonly string[] {
  return (traffic?.rejections ?? []).map(
    ({ field, reason }) => `Service ${name}.${namespace} goes without one of its annotations: ${field} ${reason}`,
  );
}

/** For the proxy of a pod that Services select; of several limits of one port the lowest rate counts. O(services). */
export function rateLimitsOf(services: Iterable<Service>, pod: Pod): readonly PortRateLimit[] {
  const byPort = new Map<number, PortRateLimit>();
  for (const { namespace, selector, ports, traffic } of services) {
    const limit = traffic?.serverRateLimit;
    if (limit === undefined || namespace !== pod.namespace || !selects(selector, pod.labels)) continue;
    for (const { targetPort: port, protocol } of ports) {
      if (isDatagramProtocol(protocol)) continue;
      const known = byPort.get(port);
      if (known !== undefined && rateOf(known) <= rateOf(limit)) continue;
      byPort.set(port, { ...limit, port, isHttp1: protocol === "http1" });
    }
  }
  return [...byPort.values()].sort((a, b) => a.port - b.port);
}

function rateOf({ requests, periodMs }: { readonly requests: number; readonly periodMs: number }): number {
  return requests / periodMs;
}
