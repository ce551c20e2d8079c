/** A client pod whose requests a route takes, and Services of pods that say what they got. */
import { Agent, createServer, type IncomingHttpHeaders, type RequestListener, request } from "node:http";
import type { UpstreamBackend, UpstreamMirror, UpstreamRule } from "../../core/model/mesh-snapshot.ts";
import type { ProxyConfigInput } from "../../mesh-proxy/proxy-config.ts";
import { createTestMesh, sumOf, type TestMesh, type TestPod, upstream } from "./mesh-proxy-setup.ts";

export interface Answer {
  readonly statusCode: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The connection was kept from a request before. */
  readonly isReused: boolean;
}

export interface Asking {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

export interface RoutedMesh {
  readonly mesh: TestMesh;
  readonly client: TestPod;
  readonly listenPort: number;
  /** A Service of pods, each with one of the listeners. */
  service(name: string, ...pods: readonly RequestListener[]): Promise<UpstreamBackend>;
  /** As something that gets copies. */
  mirror(service: UpstreamBackend, percent: number): UpstreamMirror;
  route(...rules: readonly Partial<UpstreamRule>[]): Promise<void>;
  ask(path: string, asking?: Asking): Promise<Answer>;
  retries(outcome: string): Promise<number>;
  events(event: string): Promise<number>;
}

const listenPort = 15010;

/** @param subnet that no other test file uses */
export async function routedMesh(subnet: string, config: Partial<ProxyConfigInput> = {}): Promise<RoutedMesh> {
  const mesh = createTestMesh(subnet);
  const client = await mesh.pod("client-0", config);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  mesh.onStop(() => agent.destroy());
  const servers: TestPod[] = [];
  return {
    mesh,
    client,
    listenPort,
    async service(name, ...listeners) {
      const pods: Awaited<ReturnType<typeof startPod>>[] = [];
      for (const [at, listener] of listeners.entries()) pods.push(await startPod(mesh, `${name}-${at}`, listener));
      servers.push(...pods.map(({ pod }) => pod));
      return {
        namespace: "core",
        service: name,
        weight: 1,
        endpoints: pods.map(({ pod, port }) => pod.endpoint(port)),
      };
    },
    mirror: ({ namespace, service, endpoints }, percent) => ({ namespace, service, endpoints, percent }),
    async route(...rules) {
      for (const pod of servers) await pod.apply({});
      const whole = rules.map((rule) => ({ route: "core/test", when: {}, backends: [], ...rule }));
      await client.apply({ upstreams: [upstream({ listenPort, protocol: "http1", endpoints: [], rules: whole })] });
    },
    ask: (path, { method = "GET", headers = {}, body } = {}) => {
      const { promise, resolve, reject } = Promise.withResolvers<Answer>();
      const asked = request({ host: client.address, port: listenPort, path, method, agent, headers }, (response) => {
        let text = "";
        response.on("data", (bytes) => (text += String(bytes)));
        response.on("error", reject);
        response.on("end", () => {
          const { statusCode = 0, headers: got } = response;
          resolve({ statusCode, headers: got, body: text, isReused: asked.reusedSocket });
        });
      });
      asked.on("error", reject).end(body);
      return promise;
    },
    retries: (outcome) => sumOf(client.proxy, "weft_retries_total", { weft_route: "core/test", outcome }),
    events: (event) => sumOf(client.proxy, "weft_route_events_total", { weft_route: "core/test", event }),
  };
}

async function startPod(
  mesh: TestMesh,
  name: string,
  listener: RequestListener,
): Promise<{ readonly pod: TestPod; readonly port: number }> {
  const pod = await mesh.pod(name);
  const app = createServer(listener);
  await new Promise<void>((resolve) => app.listen(0, pod.address, resolve));
  mesh.onStop(() => {
    app.close();
    app.closeAllConnections();
  });
  const address = app.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { pod, port: address.port };
}
