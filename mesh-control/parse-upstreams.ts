/** Reads the annotation `weft.dev/upstreams`: `nrf=15010, dn.edge:8080=15011` is `service[.namespace][:port][/udp]=listenPort`. */

import { proxyPorts } from "../core/model/mesh-snapshot.ts";
import { shortened } from "../core/model/shortened.ts";

export interface UpstreamRequest {
  readonly service: string;
  /** The pod's own namespace where the entry names none. */
  readonly namespace: string;
  /** Undefined is the Service's only port. */
  readonly port: number | undefined;
  /** Only a UDP port is meant. */
  readonly isUdp?: boolean | undefined;
  readonly listenPort: number;
}

export interface ParsedUpstreams {
  readonly requests: readonly UpstreamRequest[];
  /** One sentence for each entry that was left out. */
  readonly problems: readonly string[];
}

export const upstreamsMax = 64;
const ANNOTATION_LENGTH_MAX = 8192;
const ENTRY =
  /^([a-z]([-a-z0-9]{0,61}[a-z0-9])?)(?:\.([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?))?(?::(\d{1,5}))?(\/udp)?=(\d{1,5})$/;

type ParsedEntry = { readonly request: UpstreamRequest } | { readonly reason: string };

/** A bad entry is left out with a problem that names it; the good ones stay. A whole text that is too long counts as none. */
export function parseUpstreams(annotation: string, podNamespace: string): ParsedUpstreams {
  if (annotation.length > ANNOTATION_LENGTH_MAX)
    return { requests: [], problems: [`upstreams: longer than ${ANNOTATION_LENGTH_MAX} characters`] };
  const requests = new Map<number, UpstreamRequest>();
  const problems: string[] = [];
  const entries = annotation.split(",").map((entry) => entry.trim());
  for (const entry of entries.filter((text) => text !== "")) {
    const parsed = parseEntry(entry, podNamespace);
    const reason = "reason" in parsed ? parsed.reason : clash(parsed.request, requests);
    if (reason !== undefined) problems.push(`upstreams: entry "${shortened(entry)}" ${reason}`);
    else if ("request" in parsed) requests.set(parsed.request.listenPort, parsed.request);
  }
  return { requests: [...requests.values()], problems };
}

function parseEntry(entry: string, podNamespace: string): ParsedEntry {
  const match = ENTRY.exec(entry);
  if (!match) return { reason: "is not service[.namespace][:port][/udp]=listenPort" };
  const [, service = "", , namespace = podNamespace, , portText, udp, listenText = ""] = match;
  const [port, listenPort] = [portText === undefined ? undefined : Number(portText), Number(listenText)];
  if (port !== undefined && !isPort(port)) return { reason: `has the port ${port}, which is not within 1 to 65535` };
  if (!isPort(listenPort)) return { reason: `has the listenPort ${listenPort}, which is not within 1 to 65535` };
  if (proxyPorts.has(listenPort)) return { reason: `has the listenPort ${listenPort}, which is the proxy's own` };
  return { request: { service, namespace, port, listenPort, ...(udp !== undefined && { isUdp: true }) } };
}

function clash(request: UpstreamRequest, taken: ReadonlyMap<number, UpstreamRequest>): string | undefined {
  const earlier = taken.get(request.listenPort);
  if (earlier) return `has the listenPort ${request.listenPort}, which ${earlier.service} has already`;
  return taken.size >= upstreamsMax ? `is one more than ${upstreamsMax}` : undefined;
}

function isPort(value: number): boolean {
  return value >= 1 && value <= 65_535;
}
