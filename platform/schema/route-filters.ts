/** The filters of HTTPRoutes and GRPCRoutes that are carried out. */
import { z } from "zod";
import type { RouteMirror } from "../../core/model/http-route.ts";
import {
  type HeaderModifier,
  headerChangeOf,
  headerLinesMax,
  mirrorsMax,
  type PathChange,
  type RequestChanges,
  type RequestRedirect,
  redirectStatusCodes,
} from "../../core/model/request-rule.ts";
import { pathText } from "./match-scalars.ts";
import { changedHeaderName, changedHeaderValue, hostName, prefixReplacement } from "./request-rule-scalars.ts";
import { routeTarget } from "./route-target.ts";
import { portNumber } from "./scalars.ts";

const FILTERS_MAX = 16;

const line = z.strictObject({ name: changedHeaderName, value: changedHeaderValue });

const modifier = z
  .strictObject({
    set: z.array(line).max(headerLinesMax).default([]),
    add: z.array(line).max(headerLinesMax).default([]),
    remove: z.array(changedHeaderName).max(headerLinesMax).default([]),
  })
  .refine(namesOnce, { error: "must name each header once" });

const path = z.discriminatedUnion(
  "type",
  [
    z.strictObject({ type: z.literal("ReplaceFullPath"), replaceFullPath: pathText }),
    z.strictObject({ type: z.literal("ReplacePrefixMatch"), replacePrefixMatch: prefixReplacement }),
  ],
  { error: "must be ReplaceFullPath or ReplacePrefixMatch" },
);

const rewrite = z.strictObject({ hostname: hostName.optional(), path: path.optional() });

const redirect = z.strictObject({
  scheme: z.enum(["http", "https"]).optional(),
  hostname: hostName.optional(),
  path: path.optional(),
  port: portNumber.optional(),
  statusCode: z.literal([...redirectStatusCodes]).default(302),
});

const percent = z.int().min(0).max(100);

const mirror = z
  .strictObject({
    backendRef: z.strictObject(routeTarget),
    percent: percent.optional(),
    fraction: z
      .strictObject({ numerator: z.int().min(0), denominator: z.int().min(1).default(100) })
      .refine(({ numerator, denominator }) => numerator <= denominator, { error: "must be at most 1" })
      .optional(),
  })
  .refine((each) => each.percent === undefined || each.fraction === undefined, {
    error: "must have one of percent and fraction",
  });

/** Only the filter of its own type may be given. */
const headerFilters = [
  z.strictObject({ type: z.literal("RequestHeaderModifier"), requestHeaderModifier: modifier }),
  z.strictObject({ type: z.literal("ResponseHeaderModifier"), responseHeaderModifier: modifier }),
] as const;
const mirrorFilter = z.strictObject({ type: z.literal("RequestMirror"), requestMirror: mirror });
const rewriteFilter = z.strictObject({ type: z.literal("URLRewrite"), urlRewrite: rewrite });
const redirectFilter = z.strictObject({ type: z.literal("RequestRedirect"), requestRedirect: redirect });

type Filter = z.output<
  (typeof headerFilters)[number] | typeof mirrorFilter | typeof rewriteFilter | typeof redirectFilter
>;

/** Those of a rule. */
export const httpFilters = listOf(
  z.discriminatedUnion("type", [...headerFilters, mirrorFilter, rewriteFilter, redirectFilter], {
    error:
      "is not carried out: RequestHeaderModifier, ResponseHeaderModifier, RequestMirror, URLRewrite and RequestRedirect are",
  }),
);
export const httpBackendFilters = listOf(
  z.discriminatedUnion("type", [...headerFilters, rewriteFilter], {
    error: "is not carried out at a backend: RequestHeaderModifier, ResponseHeaderModifier and URLRewrite are",
  }),
);
export const grpcFilters = listOf(
  z.discriminatedUnion("type", [...headerFilters, mirrorFilter], {
    error: "is not carried out: RequestHeaderModifier, ResponseHeaderModifier and RequestMirror are",
  }),
);
export const grpcBackendFilters = listOf(
  z.discriminatedUnion("type", [...headerFilters], {
    error: "is not carried out at a backend: RequestHeaderModifier and ResponseHeaderModifier are",
  }),
);

/** @param prefix of the one path that the rule takes; undefined where it has not exactly one */
export function changesOf(filters: readonly Filter[], prefix: string | undefined): RequestChanges | undefined {
  const request = ofType(filters, "RequestHeaderModifier")?.requestHeaderModifier;
  const response = ofType(filters, "ResponseHeaderModifier")?.responseHeaderModifier;
  const rewritten = ofType(filters, "URLRewrite")?.urlRewrite;
  const changedPath = rewritten?.path && pathChange(rewritten.path, prefix);
  const changes: RequestChanges = {
    ...(request && { request: headerChangeOf(request) }),
    ...(response && { response: headerChangeOf(response) }),
    ...(rewritten?.hostname !== undefined && { host: rewritten.hostname }),
    ...(changedPath && { path: changedPath }),
  };
  return Object.keys(changes).length === 0 ? undefined : changes;
}

export function redirectOf(filters: readonly Filter[], prefix: string | undefined): RequestRedirect | undefined {
  const found = ofType(filters, "RequestRedirect")?.requestRedirect;
  if (found === undefined) return undefined;
  const { hostname: host, path: changed, ...rest } = found;
  return { ...rest, ...(host !== undefined && { host }), ...(changed && { path: pathChange(changed, prefix) }) };
}

export function mirrorsOf(filters: readonly Filter[], namespace: string): readonly RouteMirror[] {
  return filters.flatMap((filter) => {
    if (filter.type !== "RequestMirror") return [];
    const { backendRef, percent: share, fraction } = filter.requestMirror;
    const part = fraction === undefined ? (share ?? 100) : (100 * fraction.numerator) / fraction.denominator;
    const { name: service, port } = backendRef;
    return part === 0 ? [] : [{ namespace: backendRef.namespace ?? namespace, service, port, percent: part }];
  });
}

/** Whether the path's prefix is replaced, which needs to be known. */
export function replacesPrefix(filters: readonly Filter[]): boolean {
  const paths = [
    ofType(filters, "URLRewrite")?.urlRewrite.path,
    ofType(filters, "RequestRedirect")?.requestRedirect.path,
  ];
  return paths.some((changed) => changed?.type === "ReplacePrefixMatch");
}

/** @returns why the filters exclude each other */
function filterConflict(filters: readonly Filter[]): string | undefined {
  const types = filters.map(({ type }) => type);
  const twice = types.find((type, at) => type !== "RequestMirror" && types.indexOf(type) !== at);
  if (twice !== undefined) return `${twice} stands twice`;
  if (types.filter((type) => type === "RequestMirror").length > mirrorsMax)
    return `has more than ${mirrorsMax} mirrors`;
  if (types.includes("RequestRedirect") && types.includes("URLRewrite"))
    return "RequestRedirect and URLRewrite exclude each other";
  return undefined;
}

function listOf<T extends z.ZodType<Filter>>(filter: T) {
  return z
    .array(filter)
    .max(FILTERS_MAX)
    .superRefine((filters, context) => {
      const message = filterConflict(filters);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .default([]);
}

function ofType<T extends Filter["type"]>(filters: readonly Filter[], type: T) {
  return filters.find((filter): filter is Extract<Filter, { type: T }> => filter.type === type);
}

function pathChange(changed: z.output<typeof path>, prefix = "/"): PathChange {
  return changed.type === "ReplaceFullPath"
    ? { type: "Full", value: changed.replaceFullPath }
    : { type: "Prefix", prefix, value: changed.replacePrefixMatch };
}

function namesOnce({ set = [], add = [], remove = [] }: HeaderModifier): boolean {
  const names = [...set.map(({ name }) => name), ...add.map(({ name }) => name), ...remove];
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}
