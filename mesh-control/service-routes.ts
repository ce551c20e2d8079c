/** Where HTTPRoutes send the requests of a Service's clients, as their proxies are told. */
import { hopWeightSum } from "../core/model/chain.ts";
import { compareMatches, type HttpRoute, type HttpRouteRule, type RouteTarget } from "../core/model/http-route.ts";
import {
  type UpstreamBackend,
  type UpstreamMirror,
  type UpstreamRule,
  upstreamRulesMax,
} from "../core/model/mesh-snapshot.ts";
import { changesInTurn } from "../core/model/request-rule.ts";
import { portNumbered, type Service, type ServicePort } from "../core/model/service.ts";
import { integerWeights } from "./integer-weights.ts";
import type { MeshIndex } from "./mesh-index.ts";
import type { MeshPod } from "./mesh-pods.ts";
import { serviceEndpoints } from "./service-endpoints.ts";

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
  if (port.protocol !== "http1")
    return {
      rules: [],
      problems: routes.map(
        (route) => `${titleOf(route)} takes no requests: port ${port.port} of ${service.name} speaks ${port.protocol}`,
      ),
    };
  const problems = routes.flatMap((route) =>
    (route.faults ?? []).map(({ field, reason }) => `${titleOf(route)} in part left out: ${field} ${reason}`),
  );
  const all = routes.flatMap((route) =>
    route.rules.flatMap((rule) => {
      const actions = actionsOf(index, pod, rule, (reason) =>
        problems.push(`${titleOf(route)}, rule ${rule.index}: ${reason}`),
      );
      const fault = route.injected;
      return rule.matches.map((http) => ({ route, http, actions: { ...actions, ...(fault && { fault }) } }));
    }),
  );
  if (all.length === 0) return { rules: [], problems };
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
  const rules = all.slice(0, upstreamRulesMax).map(({ route, http, actions }): UpstreamRule => {
    const isEvery = Object.keys(http).length === 0;
    return { route: `${route.namespace}/${route.name}`, when: isEvery ? {} : { http }, ...actions };
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

type Report = (reason: string) => void;

function actionsOf(
  index: MeshIndex,
  pod: MeshPod,
  rule: HttpRouteRule,
  report: Report,
): Omit<UpstreamRule, "route" | "when"> {
  const { redirect, timeouts, retry } = rule;
  const mirrors = mirrorsOf(index, pod, rule, report);
  return {
    backends: backendsOf(index, pod, rule, report),
    ...(redirect && { redirect }),
    ...(timeouts && { timeouts }),
    ...(retry && { retry }),
    ...(mirrors.length > 0 && { mirrors }),
  };
}

function backendsOf(
  index: MeshIndex,
  pod: MeshPod,
  { backends, changes: ofRule = {} }: HttpRouteRule,
  report: Report,
): readonly UpstreamBackend[] {
  const weights = integerWeights(
    backends.map(({ weight }) => weight),
    hopWeightSum,
  );
  return backends.flatMap((backend, at): readonly UpstreamBackend[] => {
    const { namespace, service: name } = backend;
    const weight = weights[at] ?? 0;
    if (weight === 0) return [];
    const target = targetOf(index, backend);
    if (typeof target === "string") {
      report(`${target}; its part of the requests is refused`);
      return [{ namespace, service: name, weight, endpoints: [], isMissing: true }];
    }
    const endpoints = serviceEndpoints(index, pod, target.service, target.port);
    const changes = changesInTurn(ofRule, backend.changes ?? {});
    return [{ namespace, service: name, weight, endpoints, ...(changes && { changes }) }];
  });
}

/** One that is not there gets nothing, and holds up nobody. */
function mirrorsOf(
  index: MeshIndex,
  pod: MeshPod,
  { mirrors = [] }: HttpRouteRule,
  report: Report,
): readonly UpstreamMirror[] {
  return mirrors.flatMap((mirror): readonly UpstreamMirror[] => {
    const { namespace, service, percent } = mirror;
    const target = targetOf(index, mirror);
    if (typeof target === "string") {
      report(`${target}; nothing is mirrored to it`);
      return [];
    }
    return [{ namespace, service, percent, endpoints: serviceEndpoints(index, pod, target.service, target.port) }];
  });
}

/** Or why there is none. */
export function targetOf(
  index: MeshIndex,
  { namespace, service: name, port: number }: RouteTarget,
): { readonly service: Service; readonly port: ServicePort } | string {
  const service = index.services.get(`${namespace}/${name}`);
  const port = service && portNumbered(service, number);
  if (service === undefined || port === undefined)
    return `there is no port ${number} of a Service ${name} in ${namespace}`;
  return { service, port };
}

function titleOf({ kind, namespace, name }: HttpRoute): string {
  return `${kind} ${name}.${namespace}`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
