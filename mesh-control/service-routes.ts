/** Where HTTPRoutes send the requests of a Service's clients, as their proxies are told. */
import { hopWeightSum } from "../core/model/chain.ts";
import { compareMatches, type HttpRoute, type RouteBackend } from "../core/model/http-route.ts";
import { type UpstreamBackend, type UpstreamRule, upstreamRulesMax } from "../core/model/mesh-snapshot.ts";
import { portNumbered, type Service, type ServicePort, showsRequests } from "../core/model/service.ts";
import { integerWeights } from "./integer-weights.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { serviceEndpoints } from "./service-endpoints.ts";
import { trafficOf } from "./service-traffic.ts";

export interface ServiceRules {
  /** In the order in which they are asked. */
  readonly rules: readonly UpstreamRule[];
  readonly problems: readonly string[];
}

const noRules: ServiceRules = { rules: [], problems: [] };

/**
 * Of routes of the client's namespace and of the Service's own, the client's first (GAMMA: consumer and producer routes); among those by the API's
 * precedence. A backend that is not there keeps its part, which is refused: a missing canary must not send all to the other.
 */
export function serviceRules(index: MeshIndex, pod: MeshPod, service: Service, port: ServicePort): ServiceRules {
  const routes = index.routesTo(service).filter((route) => isFor(route, pod, service, port));
  if (routes.length === 0) return noRules;
  if (!showsRequests(port.protocol))
    return {
      rules: [],
      problems: routes.map(
        (route) => `${titleOf(route)} takes no requests: port ${port.port} of ${service.name} speaks ${port.protocol}`,
      ),
    };
  const problems: string[] = [];
  const all = routes.flatMap((route) =>
    route.rules.flatMap((rule, at) => {
      const backends = backendsOf(index, pod, rule.backends, (reason) =>
        problems.push(`${titleOf(route)}, rule ${at}: ${reason}`),
      );
      return rule.matches.map((http) => ({ route, http, backends }));
    }),
  );
  const isConsumers = ({ namespace }: HttpRoute) => namespace === pod.namespace && namespace !== service.namespace;
  all.sort(
    (a, b) =>
      Number(isConsumers(b.route)) - Number(isConsumers(a.route)) ||
      compareMatches(a.http, b.http) ||
      compareText(a.route.createdAt, b.route.createdAt) ||
      compareText(titleOf(a.route), titleOf(b.route)),
  );
  if (all.length > upstreamRulesMax)
    problems.push(
      `Service ${service.name} has ${all.length} matches of HTTPRoutes, of which the first ${upstreamRulesMax} count`,
    );
  const rules = all.slice(0, upstreamRulesMax).map(({ route, http, backends }): UpstreamRule => {
    const isEvery = Object.keys(http).length === 0;
    return { route: `${route.namespace}/${route.name}`, when: isEvery ? {} : { http }, backends };
  });
  return { rules, problems };
}

function isFor({ namespace, parents }: HttpRoute, pod: MeshPod, service: Service, port: ServicePort): boolean {
  if (namespace !== service.namespace && namespace !== pod.namespace) return false;
  return parents.some(
    (parent) =>
      parent.namespace === service.namespace &&
      parent.service === service.name &&
      (parent.port === undefined || parent.port === port.port),
  );
}

function backendsOf(
  index: MeshIndex,
  pod: MeshPod,
  backends: readonly RouteBackend[],
  report: (reason: string) => void,
): readonly UpstreamBackend[] {
  const weights = integerWeights(
    backends.map(({ weight }) => weight),
    hopWeightSum,
  );
  return backends.flatMap((backend, at): readonly UpstreamBackend[] => {
    const { namespace, service: name, port } = backend;
    const weight = weights[at] ?? 0;
    if (weight === 0) return [];
    const service = index.services.get(`${namespace}/${name}`);
    const target = service && portNumbered(service, port);
    if (service === undefined || target === undefined) {
      report(`there is no port ${port} of a Service ${name} in ${namespace}; its part of the requests is refused`);
      return [{ namespace, service: name, weight, endpoints: [], isMissing: true }];
    }
    const endpoints = serviceEndpoints(index, pod, service, target);
    return [{ namespace, service: name, weight, endpoints, ...trafficOf(service) }];
  });
}

function titleOf({ namespace, name }: HttpRoute): string {
  return `HTTPRoute ${name}.${namespace}`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
