/** The status of HTTPRoutes and GRPCRoutes, which several controllers write into one list. */
import { type Condition, withCondition } from "../../core/model/condition.ts";
import { type RouteParentStatus, routeController } from "../../core/model/route-status.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { RouteStatusWriter } from "../../core/ports/route-status-writer.ts";
import { bodyOf } from "./api-failure.ts";
import { isRecord } from "./api-object.ts";
import { gatewayPath } from "./gateway-resources.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";

/** The API takes no more. */
const PARENTS_MAX = 32;

export interface RouteStatusWriterOptions {
  readonly client: KubernetesClient;
  readonly clock: Pick<Clock, "nowMs">;
}

export function createRouteStatusWriter({ client, clock }: RouteStatusWriterOptions): RouteStatusWriter {
  return {
    async writeParents(route, parents) {
      const { kind, namespace, name, generation } = route;
      const path = gatewayPath(kind === "HTTPRoute" ? "httpRoutes" : "grpcRoutes", route);
      const what = `write the status of ${kind} ${namespace}/${name}`;
      const answer = await client.request({ path });
      if (answer.statusCode === 404) return;
      const object = bodyOf(what, answer);
      if (!isRecord(object) || !isRecord(object.metadata) || object.metadata.generation !== generation) return;
      const before = parentsOf(object);
      const own = before.filter(isOwn);
      const others = before.filter((entry) => !isOwn(entry));
      const next = [...others, ...parents.map((one) => entryOf(one, own, clock.nowMs()))].slice(0, PARENTS_MAX);
      if (isSame(before, next)) return;
      // With its resource version the API server refuses to write over what somebody else wrote meanwhile.
      const body = { ...object, status: { ...(isRecord(object.status) ? object.status : {}), parents: next } };
      bodyOf(what, await client.request({ method: "PUT", path: `${path}/status`, body }));
    },
  };
}

type Entry = Readonly<Record<string, unknown>>;

function parentsOf({ status }: Entry): readonly Entry[] {
  const parents = isRecord(status) ? status.parents : undefined;
  return Array.isArray(parents) ? parents.filter(isRecord) : [];
}

function isOwn({ controllerName }: Entry): boolean {
  return controllerName === routeController;
}

function entryOf({ parent, conditions }: RouteParentStatus, own: readonly Entry[], nowMs: number): Entry {
  const { namespace, service: name, port } = parent;
  const parentRef = { group: "", kind: "Service", namespace, name, ...(port !== undefined && { port }) };
  const known = own.find((entry) => isSame(entry.parentRef, parentRef))?.conditions;
  const before = Array.isArray(known) ? (known as readonly Condition[]) : [];
  const timed = conditions.flatMap((one) => withCondition(before, one, nowMs).filter(({ type }) => type === one.type));
  return { parentRef, controllerName: routeController, conditions: timed };
}

/** Whatever the order of the keys. */
function isSame(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, at) => isSame(each, b[at]));
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isSame(a[key], b[key]));
}
