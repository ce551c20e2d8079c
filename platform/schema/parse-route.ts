/** What HTTPRoutes and GRPCRoutes have in common. Rules are read one by one, so that one that cannot be carried out takes no other with it. */
import { z } from "zod";
import type { HttpRoute, HttpRouteRule, RouteFault } from "../../core/model/http-route.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { matchEntriesMax } from "../../core/model/traffic-match.ts";
import { hostPattern } from "./match-scalars.ts";
import { faultAnnotation, parseFault } from "./parse-fault.ts";
import { hedgeAnnotation, parseHedge } from "./parse-hedge.ts";
import { parseWith } from "./parse-with.ts";
import { annotations, objectName, portNumber } from "./scalars.ts";

export interface RuleContext {
  readonly index: number;
  readonly namespace: string;
  readonly hosts: readonly string[];
}

export interface RouteReading<T> {
  readonly kind: HttpRoute["kind"];
  readonly rulesMax: number;
  readonly parseRule: (value: unknown) => Parsed<T>;
  readonly ruleOf: (value: T, context: RuleContext) => HttpRouteRule;
}

/** Of other kinds, such as a Gateway, others take care. */
const parent = z.looseObject({
  group: z.string().default("gateway.networking.k8s.io"),
  kind: z.string().default("Gateway"),
  namespace: objectName.optional(),
  name: objectName,
  sectionName: z.string().max(253).optional(),
  port: portNumber.optional(),
});

const envelope = z.looseObject({
  apiVersion: z.literal("gateway.networking.k8s.io/v1"),
  metadata: z.looseObject({
    namespace: objectName.default("default"),
    name: objectName,
    creationTimestamp: z.string().default(""),
    generation: z.int().min(0).default(0),
    annotations: annotations.default({}),
  }),
  spec: z.looseObject({ parentRefs: z.array(parent).max(32).default([]), rules: z.array(z.unknown()).default([]) }),
});

/** Rejected only where nobody can tell what it is attached to. */
export function parseRoute<T>(object: unknown, reading: RouteReading<T>): Parsed<HttpRoute> {
  const parsed = parseWith(envelope.extend({ kind: z.literal(reading.kind) }), object);
  if (parsed.kind === "rejected") return parsed;
  const { metadata, spec } = parsed.value;
  const { namespace, name, creationTimestamp, generation } = metadata;
  const about = {
    kind: reading.kind,
    namespace,
    name,
    createdAt: creationTimestamp,
    generation,
    parents: spec.parentRefs
      .filter(({ group, kind }) => group === "" && kind === "Service")
      .map((ref) => ({ namespace: ref.namespace ?? namespace, service: ref.name, port: ref.port })),
  };
  const whole = parseWith(specSchema(reading.rulesMax), spec);
  if (whole.kind === "rejected")
    return left(about, [{ field: `spec.${whole.field}`.replace(/\.$/, ""), reason: whole.reason }]);
  const fault = annotated(metadata.annotations[faultAnnotation], parseFault);
  const hedge = annotated(metadata.annotations[hedgeAnnotation], parseHedge);
  if (fault?.kind === "rejected") return left(about, [faultOf(fault)]);
  if (hedge?.kind === "rejected") return left(about, [faultOf(hedge)]);
  const rules: HttpRouteRule[] = [];
  const faults: RouteFault[] = [];
  for (const [index, value] of spec.rules.entries()) {
    const rule = reading.parseRule(value);
    if (rule.kind === "parsed")
      rules.push(reading.ruleOf(rule.value, { index, namespace, hosts: whole.value.hostnames }));
    else faults.push({ rule: index, field: `spec.rules[${index}].${rule.field}`, reason: rule.reason });
  }
  return {
    kind: "parsed",
    value: {
      ...about,
      rules,
      ...(faults.length > 0 && { faults }),
      ...(fault && { injected: fault.value }),
      ...(hedge && { hedge: hedge.value }),
    },
  };
}

function annotated<T>(text: string | undefined, parse: (text: string) => Parsed<T>): Parsed<T> | undefined {
  return text === undefined ? undefined : parse(text);
}

function faultOf({ field, reason }: RouteFault): RouteFault {
  return { field, reason };
}

function left(about: Omit<HttpRoute, "rules">, faults: readonly RouteFault[]): Parsed<HttpRoute> {
  return { kind: "parsed", value: { ...about, rules: [], faults } };
}

function specSchema(rulesMax: number) {
  return z.strictObject({
    parentRefs: z.unknown(),
    hostnames: z.array(hostPattern).max(matchEntriesMax).default([]),
    rules: z.array(z.unknown()).max(rulesMax),
  });
}
