/**
 * Spans as OTLP/HTTP takes them in JSON (opentelemetry-proto, trace/v1; OTLP specification, section "JSON Protobuf Encoding"): names in
 * lower camel case, ids in hexadecimal digits, 64-bit numbers as text, enumerations as numbers. Attributes are those of OpenTelemetry's
 * semantic conventions for HTTP and RPC, and `weft.*`.
 */
import type { MeshPeer } from "../../core/model/mesh-snapshot.ts";
import { isError, type Observed } from "./observation.ts";
import type { OpenSpan } from "./tracer.ts";

const KIND = { internal: 1, server: 2, client: 3 } as const;
const STATUS_ERROR = 2;
/** `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK` and `SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK`: every parent came in a header. */
const REMOTE_PARENT = 0x300;
const TEXT_CHARACTERS_MAX = 512;

type Value = { readonly stringValue: string } | { readonly intValue: string };
type Attribute = { readonly key: string; readonly value: Value };

/** One that is over: at once, so that what waits for the collector is texts of a bounded length. */
export function encodeSpan(span: OpenSpan, observed: Observed): string {
  const { traceId, spanId, parentId, flags, tracestate = "" } = span;
  const { startMs } = observed.observation;
  const { kind, name } = roleOf(observed);
  return JSON.stringify({
    traceId,
    spanId,
    ...(parentId !== undefined && { parentSpanId: parentId }),
    ...(tracestate !== "" && tracestate.length <= TEXT_CHARACTERS_MAX && { traceState: tracestate }),
    flags: flags | REMOTE_PARENT,
    name,
    kind,
    startTimeUnixNano: nanoText(startMs),
    endTimeUnixNano: nanoText(startMs + observed.durationMs),
    attributes: attributesOf(observed),
    status: isError(observed) ? { code: STATUS_ERROR } : {},
  });
}

/** `ExportTraceServiceRequest`. @param self the pod whose proxy made them */
export function encodeSpans(spans: readonly string[], self: MeshPeer): string {
  const [namespace, name] = splitName(self.pod);
  const resource = attributes({
    "service.name": self.workload,
    "service.namespace": namespace,
    "service.instance.id": name,
    "k8s.pod.name": name,
    "k8s.namespace.name": namespace,
    "k8s.node.name": self.node,
  });
  const scopeSpans = `[{"scope":{"name":"weft"},"spans":[${spans.join(",")}]}]`;
  return `{"resourceSpans":[{"resource":${JSON.stringify({ attributes: resource })},"scopeSpans":${scopeSpans}}]}`;
}

/** A hop's function is named; what goes to the application or a Service is called by its method (HTTP spans, Name). */
function roleOf({ observation }: Observed): {
  readonly kind: number;
  readonly name: string;
} {
  const { facts, text } = observation;
  if (facts.function) return { kind: KIND.internal, name: `hop ${facts.function}` };
  const kind = facts.side === "source" ? KIND.client : KIND.server;
  return { kind, name: limited(text?.method ?? "HTTP") };
}

function attributesOf({ observation, labels, statusCode, grpcStatus, ...counts }: Observed): readonly Attribute[] {
  const { text, facts, protocol, flag, details } = observation;
  const [path = "", query] = (text?.path ?? "").split("?", 2);
  const isFailed = flag !== "" || details !== "";
  return attributes({
    "http.request.method": text?.method,
    "url.path": path,
    "url.query": query,
    "server.address": text?.authority,
    "user_agent.original": text?.userAgent,
    "http.response.status_code": statusCode === 0 ? undefined : statusCode,
    "rpc.grpc.status_code": grpcStatus < 0 ? undefined : grpcStatus,
    "error.type": isFailed ? details || flag : statusCode >= 500 ? String(statusCode) : undefined,
    "network.protocol.name": "http",
    "network.protocol.version": protocol.slice(protocol.indexOf("/") + 1),
    "client.address": facts.client?.address,
    "client.port": facts.client?.port,
    "http.request.size": counts.requestBytes,
    "http.response.size": counts.responseBytes,
    "weft.response_flags": flag,
    "weft.route": facts.route,
    "weft.source_pod": podOf(labels.source_workload_namespace, labels.source_pod),
    "weft.destination_pod": podOf(labels.destination_workload_namespace, labels.destination_pod),
    "weft.destination_service": labels.destination_service === "unknown" ? undefined : labels.destination_service,
    "weft.chain": labels.weft_chain,
    "weft.spi": labels.weft_spi === "" ? undefined : Number(labels.weft_spi),
    "weft.si": labels.weft_hop === "" ? undefined : Number(labels.weft_hop),
    "weft.function": facts.function,
  });
}

/** Without those that have no value. */
function attributes(values: Readonly<Record<string, string | number | undefined>>): readonly Attribute[] {
  return Object.entries(values).flatMap(([key, value]) => {
    if (value === undefined || value === "") return [];
    return [{ key, value: typeof value === "number" ? { intValue: String(value) } : { stringValue: limited(value) } }];
  });
}

function limited(text: string): string {
  return text.length > TEXT_CHARACTERS_MAX ? text.slice(0, TEXT_CHARACTERS_MAX) : text;
}

function podOf(namespace: string, name: string): string | undefined {
  return name === "unknown" || name === "" ? undefined : `${namespace}/${name}`;
}

function splitName(pod: string): readonly [string, string] {
  const slash = pod.indexOf("/");
  return [pod.slice(0, Math.max(0, slash)), pod.slice(slash + 1)];
}

function nanoText(timeMs: number): string {
  return `${Math.round(timeMs * 1000)}000`;
}
