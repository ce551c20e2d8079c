/** What is said of a route to each Service that it is attached to (Gateway API, RouteParentStatus). */
import type { HttpRoute, RouteFault, RouteParent } from "../core/model/http-route.ts";
import type { RouteParentStatus } from "../core/model/route-status.ts";
import type { ServicePort } from "../core/model/service.ts";
import type { MeshIndex } from "./mesh-index.ts";
import { takesRequests, targetOf } from "./service-routes.ts";

type RouteCondition = RouteParentStatus["conditions"][number];
type Verdict = Pick<RouteCondition, "type" | "status" | "reason" | "message">;

const MESSAGE_LENGTH_MAX = 1000;

export function routeParents(index: Pick<MeshIndex, "services">, route: HttpRoute): readonly RouteParentStatus[] {
  return route.parents.map((parent) => {
    const port = takingPort(index, route, parent);
    const verdicts =
      typeof port === "string"
        ? [no("Accepted", "NoMatchingParent", port), resolvedRefs(index, route, undefined)]
        : [accepted(route), ...partiallyInvalid(route), resolvedRefs(index, route, port)];
    const observedGeneration = route.generation;
    return { parent, conditions: verdicts.map((verdict) => ({ ...verdict, observedGeneration })) };
  });
}

/** The first port of the parent whose requests such a route can take, or why there is none. */
function takingPort(
  { services }: Pick<MeshIndex, "services">,
  { kind }: HttpRoute,
  { namespace, service: name, port }: RouteParent,
): ServicePort | string {
  const service = services.get(`${namespace}/${name}`);
  if (service === undefined) return `there is no Service ${name} in ${namespace}`;
  const ports = service.ports.filter((each) => port === undefined || each.port === port);
  const [first] = ports;
  if (first === undefined) return `Service ${name} in ${namespace} has no port ${port}`;
  const taking = ports.find((each) => takesRequests(kind, each));
  return taking ?? `port ${first.port} of Service ${name} speaks ${first.protocol}, of which ${kind}s take no requests`;
}

function accepted({ rules, faults = [] }: HttpRoute): Verdict {
  if (rules.length > 0 || faults.length === 0) return yes("Accepted", "Accepted", "the proxies carry it out");
  return no("Accepted", "UnsupportedValue", textOf(faults));
}

/** Only where some rules are carried out and others are not. */
function partiallyInvalid({ rules, faults = [] }: HttpRoute): readonly Verdict[] {
  if (rules.length === 0 || faults.length === 0) return [];
  const dropped = [...new Set(faults.map(({ rule }) => rule))].join(", ");
  return [yes("PartiallyInvalid", "UnsupportedValue", `Dropped Rule ${dropped}: ${textOf(faults)}`)];
}

function resolvedRefs(
  index: Pick<MeshIndex, "services">,
  { rules, faults = [] }: HttpRoute,
  from: ServicePort | undefined,
): Verdict {
  const kind = faults.find(({ field }) => /ackendRefs?(\[\d+\])?\.(group|kind)$/.test(field));
  if (kind !== undefined) return no("ResolvedRefs", "InvalidKind", textOf([kind]));
  for (const { index: rule, backends, mirrors = [] } of rules) {
    for (const target of [...backends, ...mirrors]) {
      const found = targetOf(index, target, from);
      if (found.kind === "found") continue;
      const reason = found.kind === "missing" ? "BackendNotFound" : "UnsupportedProtocol";
      return no("ResolvedRefs", reason, `rule ${rule}: ${found.reason}`);
    }
  }
  return yes("ResolvedRefs", "ResolvedRefs", "all backends are there");
}

function textOf(faults: readonly RouteFault[]): string {
  return faults
    .map(({ field, reason }) => `${field} ${reason}`)
    .join("; ")
    .slice(0, MESSAGE_LENGTH_MAX);
}

function yes(type: string, reason: string, message: string): Verdict {
  return { type, status: "True", reason, message };
}

function no(type: string, reason: string, message: string): Verdict {
  return { type, status: "False", reason, message };
}
