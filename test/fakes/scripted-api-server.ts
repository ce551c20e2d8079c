/** A Kubernetes API server that says what a test tells it to say, request by request, over loopback HTTP. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { waitUntil } from "../tools/wait-until.ts";

export interface ScriptedApiServer {
  /** Of a kubeconfig that leads here, with the token `scripted`. */
  readonly kubeconfigPath: string;
  /** The oldest request to this path that no test has taken yet; waits for one. */
  next(path: string): Promise<ScriptedRequest>;
  /** Requests that no test has taken yet, as `GET /path`. */
  untaken(): readonly string[];
  /** Cuts every connection. */
  close(): Promise<void>;
}

export interface ScriptedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
  answer(statusCode: number, body: unknown, headers?: Readonly<Record<string, string>>): void;
  /** 200 with a body that goes on. */
  stream(): ScriptedStream;
  /** Cuts the connection. */
  cut(): void;
}

export interface ScriptedStream {
  send(event: object): void;
  write(text: string): void;
  end(): void;
  cut(): void;
  /** When the client has hung up. */
  readonly closed: Promise<void>;
}

const timeoutMs = 10_000;

export async function startScriptedApiServer(): Promise<ScriptedApiServer> {
  const requests: ScriptedRequest[] = [];
  const server = createServer(async (request, response) => {
    const text = Buffer.concat(await request.toArray()).toString();
    requests.push(scriptedRequest(request, response, text));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(join(tmpdir(), "weft-scripted-"));
  const kubeconfigPath = join(folder, "kubeconfig");
  writeFileSync(kubeconfigPath, kubeconfigOf((server.address() as AddressInfo).port));
  return {
    kubeconfigPath,
    next(path) {
      const take = () => {
        const at = requests.findIndex((request) => request.path === path);
        return at === -1 ? undefined : requests.splice(at, 1)[0];
      };
      return waitUntil(take, { what: `a request to ${path} (${untaken(requests)})`, timeoutMs, pollMs: 2 });
    },
    untaken: () => untaken(requests),
    async close() {
      const closed = new Promise<unknown>((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      rmSync(folder, { recursive: true });
    },
  };
}

function untaken(requests: readonly ScriptedRequest[]): readonly string[] {
  return requests.map(({ method, path }) => `${method} ${path}`);
}

function scriptedRequest(request: IncomingMessage, response: ServerResponse, text: string): ScriptedRequest {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  return {
    method: request.method ?? "",
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: request.headers,
    body: text === "" ? undefined : JSON.parse(text),
    answer(statusCode, body, headers = {}) {
      response.writeHead(statusCode, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" ? body : JSON.stringify(body));
    },
    stream() {
      response.writeHead(200, { "content-type": "application/json" });
      response.flushHeaders();
      const closed = new Promise<void>((resolve) => response.on("close", resolve));
      return {
        send: (event) => response.write(`${JSON.stringify(event)}\n`),
        write: (part) => response.write(part),
        end: () => response.end(),
        cut: () => response.destroy(),
        closed,
      };
    },
    cut: () => response.destroy(),
  };
}

function kubeconfigOf(port: number): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "scripted",
    contexts: [{ name: "scripted", context: { cluster: "scripted", user: "scripted" } }],
    clusters: [{ name: "scripted", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
    users: [{ name: "scripted", user: { token: "scripted" } }],
  });
}
