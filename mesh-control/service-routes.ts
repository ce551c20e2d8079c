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
  const all = index.routesTo(service).filter((route) => isFor(route, pod, service, port));
  if (all.length === 0) return noRules;
  const routes = all.filter(({ kind }) => takesRequests(kind, port));
  const problems = all
    .filter(({ kind }) => !takesRequests(kind, port))
    .map(
      (route) => `${titleOf(route)} takes no requests: port ${port.port} of ${service.name} speaks ${port.protocol}`,
    );
  problems.push(...routes.flatMap(faultsOf));
  const matches = routes.flatMap((route) =>
    route.rules.flatMap((rule) => {
      const report = (reason: string) => problems.push(`${titleOf(route)}, rule ${rule.index}: ${reason}`);
      const actions = actionsOf({ index, pod, port, report }, rule);
      const { injected: fault, hedge } = route;
      const all = { ...actions, ...(fault && { fault }), ...(hedge && { hedge }) };
      return rule.matches.map((http) => ({ route, http, actions: all }));
    }),
  );
  if (matches.length === 0) return { rules: [], problems };
  const isConsumers = ({ namespace }: HttpRoute) => namespace === pod.namespace && namespace !== service.namespace;
  matches.sort(
    (a, b) =>
      Number(isConsumers(b.route)) - Number(isConsumers(a.route)) ||
      compareMatches(a.http, b.http) ||
      compareText(a.route.createdAt, b.route.createdAt) ||
      compareText(titleOf(a.route), titleOf(b.route)),
  );
  if (matches.length > upstreamRulesMax)
    problems.push(
      `Service ${service.name} has ${matches.length} matches of routes, of which the first ${upstreamRulesMax} count`,
    );
  const rules = matches.slice(0, upstreamRulesMax).map(({ route, http, actions }): UpstreamRule => {
    const isEvery = Object.keys(http).length === 0;
    return { route: `${route.namespace}/${route.name}`, when: isEvery ? {} : { http }, ...actions };
  });
  return { rules, problems };
}

/** gRPC is HTTP/2. */
export function takesRequests(kind: HttpRoute["kind"], { protocol }: ServicePort): boolean {
  return kind === "GRPCRoute" ? protocol === "h2c" : showsRequests(protocol);
}

function faultsOf(route: HttpRoute): readonly string[] {
  return (route.faults ?? []).map(({ field, reason }) => `${titleOf(route)} is in part left out: ${field} ${reason}`);
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

interface RuleContext {
  readonly index: MeshIndex;
  readonly pod: MeshPod;
  /** Whose requests the rule takes. */
  readonly port: ServicePort;
  readonly report: (reason: string) => void;
}

function actionsOf(context: RuleContext, rule: HttpRouteRule): Omit<UpstreamRule, "route" | "when"> {
  const { redirect, timeouts, retry, session } = rule;
  const mirrors = mirrorsOf(context, rule);
  return {
    backends: backendsOf(context, rule),
    ...(redirect && { redirect }),
    ...(timeouts && { timeouts }),
    ...(retry && { retry }),
    ...(mirrors.length > 0 && { mirrors }),
    ...(session && { session }),
  };
}

function backendsOf(
  { index, pod, port, report }: RuleContext,
  { backends, changes: ofRule = {} }: HttpRouteRule,
): readonly UpstreamBackend[] {
  const weights = integerWeights(
    backends.map(({ weight }) => weight),
    hopWeightSum,
  );
  return backends.flatMap((backend, at): readonly UpstreamBackend[] => {
    const { namespace, service: name } = backend;
    const weight = weights[at] ?? 0;
    if (weight === 0) return [];
    const target = targetOf(index, backend, port);
    if (target.kind !== "found") {
      report(`${target.reason}; its part of the requests is refused`);
      return [{ namespace, service: name, weight, endpoints: [], isMissing: true }];
    }
    const endpoints = serviceEndpoints(index, pod, target.service, target.port);
    const changes = changesInTurn(ofRule, backend.changes ?? {});
    const traffic = trafficOf(target.service);
    return [{ namespace, service: name, weight, endpoints, ...(changes && { changes }), ...traffic }];
  });
}

/** One that is not there gets nothing, and holds up nobody. */
function mirrorsOf(
  { index, pod, port, report }: RuleContext,
  { mirrors = [] }: HttpRouteRule,
): readonly UpstreamMirror[] {
  return mirrors.flatMap((mirror): readonly UpstreamMirror[] => {
    const { namespace, service, percent } = mirror;
    const target = targetOf(index, mirror, port);
    if (target.kind !== "found") {
      report(`${target.reason}; nothing is mirrored to it`);
      return [];
    }
    return [{ namespace, service, percent, endpoints: serviceEndpoints(index, pod, target.service, target.port) }];
  });
}

export type RouteTargetFound =
  | { readonly kind: "found"; readonly service: Service; readonly port: ServicePort }
  | { readonly kind: "missing" | "unsupported"; readonly reason: string };

/** @param from whose requests are to go there */
export function targetOf(
  { services }: Pick<MeshIndex, "services">,
  { namespace, service: name, port: number }: RouteTarget,
  from: ServicePort | undefined,
): RouteTargetFound {
  const service = services.get(`${namespace}/${name}`);
  const port = service && portNumbered(service, number);
  if (service === undefined || port === undefined)
    return { kind: "missing", reason: `there is no port ${number} of a Service ${name} in ${namespace}` };
  const isOther = from !== undefined && showsRequests(port.protocol) && port.protocol !== from.protocol;
  if (!isOther) return { kind: "found", service, port };
  return {
    kind: "unsupported",
    reason: `port ${number} of the Service ${name} in ${namespace} speaks ${port.protocol}, and not ${from.protocol}`,
  };
}

function titleOf({ kind, namespace, name }: HttpRoute): string {
  return `${kind} ${name}.${namespace}`;
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
