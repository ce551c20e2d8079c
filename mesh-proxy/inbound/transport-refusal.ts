import type { ProxyContext } from "../proxy-context.ts";
import type { RouteTable } from "../route/route-table.ts";

/** Why the mode of a port does not take a connection as it came; undefined where it does. */
export function transportRefusal(
  { certificates }: ProxyContext,
  { access }: RouteTable,
  { port, isSecured }: { readonly port: number; readonly isSecured: boolean },
): { readonly by: "tls_required" | "tls_unwanted"; readonly reason: string } | undefined {
  const mode = access.modeOf(port) ?? (certificates.current === undefined ? "Off" : "Permissive");
  if (mode === "Strict" && !isSecured) return { by: "tls_required", reason: `port ${port} takes TLS only` };
  return mode === "Off" && isSecured ? { by: "tls_unwanted", reason: `port ${port} takes no TLS` } : undefined;
}
