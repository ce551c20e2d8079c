/**
 * Gateway API's HTTPRoute, as far as Weft carries it out, attached to Services. A rule that asks for more is left out, and said to be,
 * rather than half done.
 */
import { z } from "zod";
import type { HttpRoute, HttpRouteRule } from "../../core/model/http-route.ts";
import type { Parsed } from "../../core/model/parsed.ts";
import { type RequestTimeouts, type RetryPolicy, retriesMax } from "../../core/model/request-rule.ts";
import { type HttpMatch, matchEntriesMax } from "../../core/model/traffic-match.ts";
import { gatewayDuration } from "./gateway-duration.ts";
import { methodToken, pathText } from "./match-scalars.ts";
import { parseRoute, type RuleContext } from "./parse-route.ts";
import { parseWith } from "./parse-with.ts";
import { changesOf, httpBackendFilters, httpFilters, mirrorsOf, redirectOf, replacesPrefix } from "./route-filters.ts";
import { headerMatch, headersOf } from "./route-header-match.ts";
import { routeTarget } from "./route-target.ts";
import { sessionOf, sessionPersistence } from "./session-persistence.ts";

const RULES_MAX = 16;
const MATCHES_MAX = 64;
const BACKENDS_MAX = 16;
const WEIGHT_MAX = 1_000_000;
const RETRY_CODES_MAX = 32;
const retriesUnlessTold = 2;
const backoffMsUnlessTold = 25;

/** Part of the API, and no field that is misspelt. */
const notCarriedOut = z.undefined({ error: "is not carried out" }).optional();

/** Only these; regular expressions would have to run on every request of strangers. */
const path = z.strictObject({
  type: z
    .enum(["Exact", "PathPrefix"], { error: "must be Exact or PathPrefix: regular expressions are not carried out" })
    .default("PathPrefix"),
  value: pathText.default("/"),
});

const match = z.strictObject({
  path: path.optional(),
  method: methodToken.optional(),
  headers: z.array(headerMatch).max(matchEntriesMax).default([]),
  queryParams: notCarriedOut,
});

const backend = z.strictObject({
  ...routeTarget,
  weight: z.int().min(0).max(WEIGHT_MAX).default(1),
  filters: httpBackendFilters,
});

const timeouts = z
  .strictObject({ request: gatewayDuration.optional(), backendRequest: gatewayDuration.optional() })
  .refine(({ request = 0, backendRequest = 0 }) => request === 0 || backendRequest <= request, {
    error: "backendRequest must be at most request",
    path: ["backendRequest"],
  });

const retry = z.strictObject({
  codes: z.array(z.int().min(400).max(599)).max(RETRY_CODES_MAX).default([]),
  attempts: z.int().min(1).max(retriesMax).default(retriesUnlessTold),
  backoff: gatewayDuration.default(backoffMsUnlessTold),
});

const rule = z
  .strictObject({
    name: z.string().max(253).optional(),
    matches: z.array(match).max(MATCHES_MAX).default([]),
    backendRefs: z.array(backend).max(BACKENDS_MAX).default([]),
    filters: httpFilters,
    timeouts: timeouts.optional(),
    retry: retry.optional(),
    sessionPersistence: sessionPersistence.optional(),
  })
  .superRefine(({ matches, filters, backendRefs }, context) => {
    const fail = (at: readonly (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path: [...at], message });
    if (redirectOf(filters, undefined) !== undefined && backendRefs.length > 0)
      fail(["backendRefs"], "must be empty where a filter redirects");
    if (prefixOf(matches) !== undefined) return;
    const reason = "ReplacePrefixMatch needs a rule with exactly one match, by PathPrefix";
    if (replacesPrefix(filters)) fail(["filters"], reason);
    for (const [at, { filters: own }] of backendRefs.entries())
      if (replacesPrefix(own)) fail(["backendRefs", at, "filters"], reason);
  });

type Rule = z.output<typeof rule>;

export function parseHttpRoute(object: unknown): Parsed<HttpRoute> {
  return parseRoute(object, {
    kind: "HTTPRoute",
    rulesMax: RULES_MAX,
    parseRule: (value) => parseWith(rule, value),
    ruleOf,
  });
}

function ruleOf(value: Rule, { index, namespace, hosts }: RuleContext): HttpRouteRule {
  const { matches, backendRefs, filters } = value;
  const all = matches.length > 0 ? matches : [{ headers: [] }];
  const prefix = prefixOf(matches);
  const changes = changesOf(filters, prefix);
  const redirect = redirectOf(filters, prefix);
  const mirrors = mirrorsOf(filters, namespace);
  const limits = value.timeouts && timeoutsOf(value.timeouts);
  return {
    index,
    matches: all.map((each) => ({ ...(hosts.length > 0 && { hosts }), ...matchOf(each) })),
    backends: backendRefs.map((ref) => {
      const own = changesOf(ref.filters, prefix);
      return {
        namespace: ref.namespace ?? namespace,
        service: ref.name,
        port: ref.port,
        weight: ref.weight,
        ...(own && { changes: own }),
      };
    }),
    ...(changes && { changes }),
    ...(redirect && { redirect }),
    ...(limits && { timeouts: limits }),
    ...(value.retry && { retry: retryOf(value.retry) }),
    ...(mirrors.length > 0 && { mirrors }),
    ...(value.sessionPersistence && { session: sessionOf(value.sessionPersistence) }),
  };
}

/** Of the one match of a rule, by a path's prefix. */
function prefixOf(matches: Rule["matches"]): string | undefined {
  const [only] = matches;
  if (matches.length > 1) return undefined;
  if (only?.path === undefined) return "/";
  return only.path.type === "PathPrefix" ? only.path.value : undefined;
}

/** 0 is no limit. */
function timeoutsOf({ request = 0, backendRequest = 0 }: z.output<typeof timeouts>): RequestTimeouts | undefined {
  if (request === 0 && backendRequest === 0) return undefined;
  return { ...(request > 0 && { requestMs: request }), ...(backendRequest > 0 && { attemptMs: backendRequest }) };
}

function retryOf({ codes, attempts, backoff }: z.output<typeof retry>): RetryPolicy {
  return { statusCodes: codes, retriesMax: attempts, backoffMs: backoff };
}

/** The prefix `/` is every path. */
function matchOf({ path: wanted, method, headers }: Rule["matches"][number]): HttpMatch {
  const isEveryPath = wanted === undefined || (wanted.type === "PathPrefix" && wanted.value === "/");
  return {
    ...(!isEveryPath && { paths: [{ type: wanted.type === "Exact" ? "Exact" : "Prefix", value: wanted.value }] }),
    ...(method !== undefined && { methods: [method] }),
    ...headersOf(headers),
  };
}
