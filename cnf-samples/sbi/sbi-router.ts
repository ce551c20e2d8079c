/** Finds the route of a request and reads its body; what does not fit gets the 3GPP problem for it. */
import type { SbiReply } from "./problem-details.ts";
import { problem } from "./problem-details.ts";
import type { SbiRequest, SbiRoute } from "./sbi-route.ts";

export interface Routed {
  /** Undefined where no route fits. */
  readonly operation: string | undefined;
  readonly reply: Promise<SbiReply>;
}

export interface SbiRouter {
  route(request: SbiRequest): Routed;
}

interface CompiledRoute {
  readonly route: SbiRoute;
  readonly segments: readonly string[];
}

interface Match {
  readonly route: SbiRoute;
  readonly params: Readonly<Record<string, string>>;
}

export function createSbiRouter(routes: readonly SbiRoute[]): SbiRouter {
  const compiled = routes.map((route) => ({ route, segments: route.template.split("/").slice(1) }));
  return {
    route: (request) => {
      const [path = "", query = ""] = splitQuery(request.path);
      const matches = matchPath(compiled, path);
      const match = matches.find(({ route }) => route.method === request.method);
      if (!match) return { operation: undefined, reply: Promise.resolve(noRoute(request, matches)) };
      return { operation: match.route.operation, reply: answer(match, request, query) };
    },
  };
}

function noRoute(request: SbiRequest, matches: readonly Match[]): SbiReply {
  if (matches.length === 0) {
    return problem(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND", `no resource at ${request.path.slice(0, 256)}`);
  }
  const allow = matches.map(({ route }) => route.method).join(", ");
  const reply = problem(405, "METHOD_NOT_ALLOWED", `${request.method} is not allowed here; ${allow} is`);
  return { ...reply, headers: { ...reply.headers, allow } };
}

async function answer({ route, params }: Match, request: SbiRequest, query: string): Promise<SbiReply> {
  const fields = Object.fromEntries(new URLSearchParams(query));
  if (!route.hasBody) return route.answer(params, fields, undefined);
  if (mediaType(request.contentType) !== route.contentType) {
    return problem(415, "UNSUPPORTED_MEDIA_TYPE", `content-type must be ${route.contentType}`);
  }
  try {
    return route.answer(params, fields, JSON.parse(request.body));
  } catch {
    return problem(400, "INVALID_MSG_FORMAT", "the body is not JSON", [{ param: "/", reason: "not JSON" }]);
  }
}

function matchPath(compiled: readonly CompiledRoute[], path: string): readonly Match[] {
  const segments = path.split("/").slice(1);
  const matches: Match[] = [];
  for (const { route, segments: template } of compiled) {
    const params = template.length === segments.length ? paramsOf(template, segments) : undefined;
    if (params) matches.push({ route, params });
  }
  return matches;
}

function paramsOf(template: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of template.entries()) {
    const segment = segments[index] ?? "";
    if (!part.startsWith("{")) {
      if (part !== segment) return undefined;
    } else {
      const decoded = decode(segment);
      if (decoded === undefined || decoded === "") return undefined;
      params[part.slice(1, -1)] = decoded;
    }
  }
  return params;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function splitQuery(path: string): readonly string[] {
  const at = path.indexOf("?");
  return at < 0 ? [path] : [path.slice(0, at), path.slice(at + 1)];
}

function mediaType(contentType: string | undefined): string | undefined {
  return contentType?.split(";")[0]?.trim().toLowerCase();
}
