/** Requests to the API server. Addresses, certificates and tokens are client-node's business; timeouts and limits are ours. */
import http, { type IncomingMessage } from "node:http";
import https from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { ApiAnswer } from "./api-failure.ts";
import { type KubeconfigSource, loadKubeconfig } from "./kubeconfig.ts";
import { timeBound } from "./time-bound.ts";

export interface KubernetesClient {
  /** Any HTTP status is an answer. @throws WeftError kubernetes-unavailable when none comes within `timeoutMs` */
  request(request: ApiRequest): Promise<ApiAnswer>;
  /** Resolves at the answer's head; the body of a 200 goes on until one side ends it. @throws WeftError kubernetes-unavailable */
  stream(request: ApiRequest): Promise<ApiStream>;
  /** Lets go of idle connections. */
  close(): void;
}

export interface ApiRequest {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
  readonly contentType?: string;
  /** JSON unless told. */
  readonly accept?: string;
  readonly signal?: AbortSignal;
  /** Until the whole answer has come (`request`) or its head (`stream`); 30,000 unless told. */
  readonly timeoutMs?: number;
}

export type ApiStream =
  | { readonly kind: "open"; readonly bytes: AsyncIterable<Buffer>; close(): void }
  | { readonly kind: "refused"; readonly answer: ApiAnswer };

export interface KubernetesClientOptions extends KubeconfigSource {
  readonly clock: Clock;
  /** A larger answer is refused; 128 MiB unless told. */
  readonly answerBytesMax?: number;
}

/** Detects a dead peer of a silent watch within a minute. */
const tcpKeepAliveMs = 30_000;
const connectionsMax = 64;

/** @throws WeftError config-invalid when there is no such kubeconfig or context */
export function openKubernetesClient(options: KubernetesClientOptions): KubernetesClient {
  const config = loadKubeconfig(options);
  const agents = createAgents();
  const bytesMax = options.answerBytesMax ?? 128 * 1024 * 1024;
  return {
    async request(request) {
      const bound = timeBound(options.clock, request);
      try {
        return await readAnswer(await send(config, agents, { ...request, signal: bound.signal }), bytesMax);
      } catch (error) {
        throw unavailable(request, error, bound.hasTimedOut());
      } finally {
        bound.end();
      }
    },
    async stream(request) {
      const bound = timeBound(options.clock, request);
      try {
        const response = await send(config, agents, { ...request, signal: bound.signal });
        response.socket.setKeepAlive(true, tcpKeepAliveMs);
        if (response.statusCode !== 200) return { kind: "refused", answer: await readAnswer(response, bytesMax) };
        return { kind: "open", bytes: response, close: () => response.destroy() };
      } catch (error) {
        throw unavailable(request, error, bound.hasTimedOut());
      } finally {
        bound.end();
      }
    },
    close() {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

interface Agents {
  readonly http: http.Agent;
  readonly https: https.Agent;
}

/** client-node's own agents open a connection for each request. */
function createAgents(): Agents {
  const options = { keepAlive: true, maxSockets: connectionsMax };
  return { http: new http.Agent(options), https: new https.Agent(options) };
}

async function send(config: KubeConfig, agents: Agents, request: ApiRequest): Promise<IncomingMessage> {
  const cluster = config.getCurrentCluster();
  const url = new URL(`${cluster?.server.replace(/\/$/, "")}${request.path}`);
  for (const [key, value] of Object.entries(request.query ?? {})) url.searchParams.set(key, String(value));
  const body = request.body === undefined ? undefined : JSON.stringify(request.body);
  const options: https.RequestOptions = {
    method: request.method ?? "GET",
    headers: headersOf(request, body),
    ...(request.signal && { signal: request.signal }),
  };
  await config.applyToHTTPSOptions(options);
  const isSecure = url.protocol === "https:";
  if (!cluster?.proxyUrl) options.agent = isSecure ? agents.https : agents.http;
  return await new Promise((resolve, reject) => {
    const sent = (isSecure ? https : http).request(url, options, resolve);
    sent.on("error", reject);
    sent.end(body);
  });
}

function headersOf(
  { contentType = "application/json", accept = "application/json" }: ApiRequest,
  body: string | undefined,
): http.OutgoingHttpHeaders {
  const common = { accept, "user-agent": "weft" };
  if (body === undefined) return common;
  return { ...common, "content-type": contentType, "content-length": Buffer.byteLength(body) };
}

async function readAnswer(response: IncomingMessage, bytesMax: number): Promise<ApiAnswer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new Error(`the answer is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  const statusCode = response.statusCode ?? 0;
  return {
    statusCode,
    body: parseBody(statusCode, Buffer.concat(chunks).toString()),
    retryAfterMs: retryAfter(response),
  };
}

function parseBody(statusCode: number, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (statusCode >= 400) return text;
    throw new Error(`the answer is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function retryAfter({ headers }: IncomingMessage): number | undefined {
  const seconds = Number(headers["retry-after"]);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}

function unavailable({ method = "GET", path }: ApiRequest, error: unknown, hasTimedOut: boolean): WeftError {
  const reason = hasTimedOut ? "no answer in time" : messageOf(error);
  return new WeftError("kubernetes-unavailable", `${method} ${path}: ${reason}`, { cause: error });
}
