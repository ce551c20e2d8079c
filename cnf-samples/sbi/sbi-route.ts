/** Routes as declarations: method, path template and schemas in, a handler of a few lines. Pure but for the handlers. */
import type { z } from "zod";
import type { InvalidParam, SbiReply } from "./problem-details.ts";
import { jsonType, problem } from "./problem-details.ts";

export type SbiMethod = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface SbiRequest {
  readonly method: string;
  /** Path with query, as in `:path`. */
  readonly path: string;
  readonly contentType?: string | undefined;
  readonly body: string;
}

export interface RoutedRequest<Body, Query> {
  /** Decoded path parameters by name. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
}

/** A route as the server uses it; made by `sbiRoute`. */
export interface SbiRoute {
  readonly method: SbiMethod;
  /** Template such as `/nausf-auth/v1/ue-authentications/{authCtxId}`. */
  readonly template: string;
  /** The operation's name, for statistics. */
  readonly operation: string;
  readonly hasBody: boolean;
  readonly contentType: string;
  answer(params: Readonly<Record<string, string>>, query: unknown, body: unknown): Promise<SbiReply>;
}

interface RouteDefinition<Body extends z.ZodType, Query extends z.ZodType> {
  readonly method: SbiMethod;
  readonly template: string;
  readonly operation: string;
  readonly contentType?: string;
  /** Unknown members are the schema's business: 3GPP has receivers ignore them (looseObject). */
  readonly body?: Body;
  readonly query?: Query;
  handle(request: RoutedRequest<z.output<Body>, z.output<Query>>): SbiReply | Promise<SbiReply>;
}

export function sbiRoute<Body extends z.ZodType, Query extends z.ZodType>(
  definition: RouteDefinition<Body, Query>,
): SbiRoute {
  const { method, template, operation, contentType = jsonType, body: bodySchema, query: querySchema } = definition;
  return {
    method,
    template,
    operation,
    contentType,
    hasBody: bodySchema !== undefined,
    answer: async (params, query, body) => {
      const parsedQuery = check(querySchema, query, (path) => path.join("."));
      if (!parsedQuery.ok) return refused("MANDATORY_QUERY_PARAM", parsedQuery.faults);
      const parsedBody = check(bodySchema, body, (path) => `/${path.join("/")}`);
      if (!parsedBody.ok) return refused("MANDATORY_IE", parsedBody.faults);
      return definition.handle({ params, query: parsedQuery.value, body: parsedBody.value });
    },
  };
}

type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly faults: readonly Fault[] };

interface Fault extends InvalidParam {
  readonly missing: boolean;
}

function check<Schema extends z.ZodType>(
  schema: Schema | undefined,
  input: unknown,
  nameOf: (path: readonly PropertyKey[]) => string,
): Checked<z.output<Schema>> {
  if (!schema) return { ok: true, value: undefined as z.output<Schema> };
  const parsed = schema.safeParse(input);
  if (parsed.success) return { ok: true, value: parsed.data };
  const faults = parsed.error.issues.slice(0, 16).map((issue) => ({
    param: nameOf(issue.path),
    reason: issue.message,
    missing: valueAt(input, issue.path) === undefined,
  }));
  return { ok: false, faults };
}

function refused(causePrefix: string, faults: readonly Fault[]): SbiReply {
  const missing = faults.some((fault) => fault.missing);
  const invalidParams = faults.map(({ param, reason }) => ({ param, reason }));
  const detail = invalidParams.map(({ param, reason }) => `${param}: ${reason}`).join("; ");
  return problem(400, `${causePrefix}_${missing ? "MISSING" : "INCORRECT"}`, detail, invalidParams);
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[key];
  }
  return value;
}
