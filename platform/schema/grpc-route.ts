/** Gateway API's GRPCRoute, as far as Weft carries it out, attached to Services; like an HTTPRoute, as gRPC's methods are paths. */
import { z } from "zod";
import type { HttpRoute, HttpRouteRule } from "../../core/model/http-route.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { type HttpMatch, matchEntriesMax } from "../../core/model/traffic-match.ts";
import { parseRoute, type RuleContext } from "./parse-route.ts";
import { parseWith } from "./parse-with.ts";
import { changesOf, grpcBackendFilters, grpcFilters, mirrorsOf } from "./route-filters.ts";
import { headerMatch, headersOf } from "./route-header-match.ts";
import { routeTarget } from "./route-target.ts";
import { sessionOf, sessionPersistence } from "./session-persistence.ts";

const RULES_MAX = 16;
const MATCHES_MAX = 64;
const BACKENDS_MAX = 16;
const WEIGHT_MAX = 1_000_000;

const service = z
  .string()
  .max(1024)
  .regex(/^[A-Za-z_][A-Za-z_0-9]*(\.[A-Za-z_][A-Za-z_0-9]*)*$/, { error: "must be a service such as pkg.Greeter" });

const method = z
  .strictObject({
    type: z.literal("Exact", { error: "must be Exact: regular expressions are not carried out" }).default("Exact"),
    service: service.optional(),
    method: z
      .string()
      .max(1024)
      .regex(/^[A-Za-z_][A-Za-z_0-9]*$/, { error: "must be a method such as SayHello" })
      .optional(),
  })
  .refine(({ service: named }) => named !== undefined, {
    error: "must be given: a method of any service is not carried out",
    path: ["service"],
  });

const match = z.strictObject({
  method: method.optional(),
  headers: z.array(headerMatch).max(matchEntriesMax).default([]),
});

const rule = z.strictObject({
  name: z.string().max(253).optional(),
  matches: z.array(match).max(MATCHES_MAX).default([]),
  backendRefs: z
    .array(
      z.strictObject({
        ...routeTarget,
        weight: z.int().min(0).max(WEIGHT_MAX).default(1),
        filters: grpcBackendFilters,
      }),
    )
    .max(BACKENDS_MAX)
    .default([]),
  filters: grpcFilters,
  sessionPersistence: sessionPersistence.optional(),
});

type Rule = z.output<typeof rule>;

export function parseGrpcRoute(object: unknown): Parsed<HttpRoute> {
  return parseRoute(object, {
    kind: "GRPCRoute",
    rulesMax: RULES_MAX,
    parseRule: (value) => parseWith(rule, value),
    ruleOf,
  });
}

function ruleOf(
  { matches, backendRefs, filters, sessionPersistence: session }: Rule,
  { index, namespace, hosts }: RuleContext,
): HttpRouteRule {
  const all = matches.length > 0 ? matches : [{ headers: [] }];
  const changes = changesOf(filters, undefined);
  const mirrors = mirrorsOf(filters, namespace);
  return {
    index,
    matches: all.map((each) => ({ ...(hosts.length > 0 && { hosts }), ...matchOf(each) })),
    backends: backendRefs.map((ref) => {
      const own = changesOf(ref.filters, undefined);
      const target = { namespace: ref.namespace ?? namespace, service: ref.name, port: ref.port };
      return { ...target, weight: ref.weight, ...(own && { changes: own }) };
    }),
    ...(changes && { changes }),
    ...(mirrors.length > 0 && { mirrors }),
    ...(session && { session: sessionOf(session) }),
  };
}

function matchOf({ method: wanted, headers }: Rule["matches"][number]): HttpMatch {
  if (wanted?.service === undefined) return headersOf(headers);
  const path =
    wanted.method === undefined
      ? ({ type: "Prefix", value: `/${wanted.service}` } as const)
      : ({ type: "Exact", value: `/${wanted.service}/${wanted.method}` } as const);
  return { paths: [path], ...headersOf(headers) };
}
