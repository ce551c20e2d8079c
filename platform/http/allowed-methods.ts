/** Tells a path that exists under other methods (405) from one that does not exist (404). */
import type { FastifyInstance } from "fastify";

interface Declared {
  readonly methods: readonly string[];
  readonly segments: readonly string[];
}

/** To be asked after all routes have been declared; knows the routes declared after this call. */
export function trackMethods(app: FastifyInstance): (path: string) => readonly string[] {
  const declared: Declared[] = [];
  app.addHook("onRoute", ({ method, url }) => {
    declared.push({ methods: [method].flat(), segments: url.split("/") });
  });
  return (path) => {
    const segments = path.split("/");
    const methods = declared.filter((route) => matches(route.segments, segments)).flatMap((route) => route.methods);
    return [...new Set(methods)].sort();
  };
}

/** Fastify's patterns: `:name` is any one segment, `*` at the end is everything that follows. */
function matches(pattern: readonly string[], segments: readonly string[]): boolean {
  const isOpen = pattern.at(-1) === "*";
  if (isOpen ? segments.length < pattern.length : segments.length !== pattern.length) return false;
  return pattern.every(
    (part, i) => part === "*" || (part.startsWith(":") && segments[i] !== "") || part === segments[i],
  );
}
