/**
 * Gateway API's HTTPRoute, as far as Weft carries it out: attached to Services, matched by path, method, headers and host names, split by
 * weight. What asks for more is refused by name rather than half done.
 */
import { z } from "zod";
import type { HttpRoute, HttpRouteRule } from "../../core/model/http-route.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { type HttpMatch, matchEntriesMax } from "../../core/model/traffic-match.ts";
import { headerName, headerValue, hostPattern, methodToken, pathText } from "./match-scalars.ts";
import { parseWith } from "./parse-with.ts";
import { objectName, portNumber } from "./scalars.ts";

const RULES_MAX = 16;
const MATCHES_MAX = 64;
const BACKENDS_MAX = 16;
const WEIGHT_MAX = 1_000_000;

/** Part of the API, and no field that is misspelt. */
const notCarriedOut = z.undefined({ error: "is not carried out" }).optional();

/** Only these; regular expressions would have to run on every request of strangers. */
const path = z.strictObject({
  type: z
    .enum(["Exact", "PathPrefix"], { error: "must be Exact or PathPrefix: regular expressions are not carried out" })
    .default("PathPrefix"),
  value: pathText.default("/"),
});

const header = z.strictObject({
  type: z.literal("Exact", { error: "must be Exact: regular expressions are not carried out" }).default("Exact"),
  name: headerName,
  value: headerValue,
});

const match = z.strictObject({
  path: path.optional(),
  method: methodToken.optional(),
  headers: z.array(header).max(matchEntriesMax).default([]),
  queryParams: notCarriedOut,
});

const coreGroup = z.literal("", { error: "must be the core group: only Services are carried out" });
const serviceKind = z.literal("Service", { error: "must be Service: nothing else is carried out" });

const backend = z.strictObject({
  group: coreGroup.default(""),
  kind: serviceKind.default("Service"),
  namespace: objectName.optional(),
  name: objectName,
  port: portNumber,
  weight: z.int().min(0).max(WEIGHT_MAX).default(1),
  filters: notCarriedOut,
});

const rule = z.strictObject({
  name: z.string().max(253).optional(),
  matches: z.array(match).max(MATCHES_MAX).default([]),
  backendRefs: z.array(backend).max(BACKENDS_MAX).default([]),
  filters: notCarriedOut,
  timeouts: notCarriedOut,
  retry: notCarriedOut,
  sessionPersistence: notCarriedOut,
});

/** Of other kinds, such as a Gateway, others take care. */
const parent = z.looseObject({
  group: z.string().default("gateway.networking.k8s.io"),
  kind: z.string().default("Gateway"),
  namespace: objectName.optional(),
  name: objectName,
  port: portNumber.optional(),
});

const schema = z
  .looseObject({
    apiVersion: z.literal("gateway.networking.k8s.io/v1"),
    kind: z.literal("HTTPRoute"),
    metadata: z.looseObject({
      namespace: objectName.default("default"),
      name: objectName,
      creationTimestamp: z.string().default(""),
    }),
    spec: z.strictObject({
      parentRefs: z.array(parent).max(32).default([]),
      hostnames: z.array(hostPattern).max(matchEntriesMax).default([]),
      rules: z.array(rule).max(RULES_MAX).default([]),
    }),
  })
  .transform(({ metadata, spec }): HttpRoute => {
    const { namespace, name } = metadata;
    return {
      namespace,
      name,
      createdAt: metadata.creationTimestamp,
      parents: spec.parentRefs
        .filter(({ group, kind }) => group === "" && kind === "Service")
        .map((ref) => ({ namespace: ref.namespace ?? namespace, service: ref.name, port: ref.port })),
      rules: spec.rules.map((each) => ruleOf(each, namespace, spec.hostnames)),
    };
  });

function ruleOf(
  { matches, backendRefs }: z.output<typeof rule>,
  namespace: string,
  hosts: readonly string[],
): HttpRouteRule {
  const all = matches.length > 0 ? matches : [{ headers: [] }];
  return {
    matches: all.map((each) => ({ ...(hosts.length > 0 && { hosts }), ...matchOf(each) })),
    backends: backendRefs.map((ref) => ({
      namespace: ref.namespace ?? namespace,
      service: ref.name,
      port: ref.port,
      weight: ref.weight,
    })),
  };
}

/** The prefix `/` is every path. */
function matchOf({ path: wanted, method, headers }: z.output<typeof match>): HttpMatch {
  const isEveryPath = wanted === undefined || (wanted.type === "PathPrefix" && wanted.value === "/");
  return {
    ...(!isEveryPath && { paths: [{ type: wanted.type === "Exact" ? "Exact" : "Prefix", value: wanted.value }] }),
    ...(method !== undefined && { methods: [method] }),
    ...(headers.length > 0 && {
      headers: headers.map(({ name, value }) => ({ name: name.toLowerCase(), value })),
    }),
  };
}

export function parseHttpRoute(object: unknown): Parsed<HttpRoute> {
  return parseWith(schema, object);
}
