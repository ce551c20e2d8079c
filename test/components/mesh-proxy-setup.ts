/** A small mesh for tests: pods on loopback addresses of their own, each with a real proxy. */
import { createServer, type Server, type Socket } from "node:net";
import type { MeshPeer, MeshSnapshot, Upstream, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import {
  createStaticSnapshotSource,
  type StaticSnapshotSource,
} from "../../mesh-proxy/control/static-snapshot-source.ts";
import { type ProxyConfigInput, proxyConfigSchema } from "../../mesh-proxy/proxy-config.ts";
import { type RunningProxy, startProxy } from "../../mesh-proxy/start-proxy.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { parseExposition, type Sample } from "../../platform/prometheus/parse-exposition.ts";

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };
export const clock = createSystemClock();

export interface TestPod {
  readonly name: string;
  readonly address: string;
  readonly peer: MeshPeer;
  readonly proxy: RunningProxy;
  readonly source: StaticSnapshotSource;
  /** Publishes a snapshot for this pod with the mesh's peers, and waits until it runs. */
  apply(parts: Partial<Pick<MeshSnapshot, "upstreams" | "hops" | "arrivals" | "access" | "rateLimits">>): Promise<void>;
  /** This pod as an endpoint. */
  endpoint(appPort: number, weight?: number): WeightedEndpoint;
}

export interface TestMesh {
  /** @param ownClock instead of the system's @param more of the pod as its peers see it */
  pod(
    name: string,
    config?: Partial<ProxyConfigInput>,
    ownClock?: Clock,
    more?: Pick<MeshPeer, "identity" | "plainPorts" | "tlsPorts">,
  ): Promise<TestPod>;
  /** Runs when the mesh stops, last first. */
  onStop(call: () => unknown): void;
  stop(): Promise<void>;
}

/** @param subnet such as `127.77.1`: no other test file may use it */
export function createTestMesh(subnet: string): TestMesh {
  const pods: TestPod[] = [];
  const stops: (() => unknown)[] = [];
  let version = 0;
  return {
    async pod(name, config = {}, ownClock = clock, more = {}) {
      const address = `${subnet}.${pods.length + 1}`;
      const peer: MeshPeer = {
        pod: `core/${name}`,
        address,
        workload: name.split("-")[0] ?? name,
        node: `n-${name}`,
        app: name,
        ...more,
      };
      const source = createStaticSnapshotSource();
      const proxy = await startProxy(
        proxyConfigSchema.parse({
          namespace: "core",
          pod: name,
          podAddress: address,
          appHost: address,
          upstreamHost: address,
          adminPort: 0,
          drainMs: 0,
          ...config,
        }),
        { clock: ownClock, log: silentLog, random: Math.random, snapshotSource: source },
      );
      stops.push(() => proxy.stop({ drainMs: 0 }));
      const pod: TestPod = {
        name,
        address,
        peer,
        proxy,
        source,
        async apply({ upstreams = [], hops = [], arrivals, access, rateLimits }) {
          const peers = pods.map((other) => other.peer);
          const about = { version: ++version, proxy: peer.pod, peers };
          const snapshot: MeshSnapshot = { ...about, upstreams, hops, arrivals, access, rateLimits };
          const [report] = source.publish(snapshot);
          if (report?.verdict !== "accepted") throw new Error(`snapshot rejected: ${report?.reason}`);
          await proxy.whenRunning(snapshot.version);
        },
        endpoint: (appPort, weight = 1) => ({
          pod: peer.pod,
          address,
          port: proxy.addresses.mesh.port,
          appPort,
          weight,
        }),
      };
      pods.push(pod);
      return pod;
    },
    onStop(call) {
      stops.push(call);
    },
    async stop() {
      for (const call of stops.reverse()) await call();
    },
  };
}

export function upstream(fields: Partial<Upstream> & Pick<Upstream, "listenPort" | "endpoints">): Upstream {
  return { namespace: "core", service: "svc", port: 80, protocol: "tcp", ...fields };
}

/** A TCP server on one address. @returns its port and how to close it with its connections. */
export async function tcpServer(
  host: string,
  onConnection: (socket: Socket) => unknown,
  port = 0,
): Promise<{ readonly port: number; readonly server: Server; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    // What a connection's end does to its handler is no failure of the test.
    Promise.resolve(onConnection(socket)).catch(() => {});
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as { port: number }).port, server, close };
}

export async function samplesOf(proxy: RunningProxy, name: string): Promise<readonly Sample[]> {
  const parsed = parseExposition(await proxy.metrics(), (wanted) => wanted === name);
  if (parsed.kind === "rejected") throw new Error(`line ${parsed.line} of /metrics: ${parsed.reason}`);
  return parsed.samples;
}

/** The sum of a metric's samples that have these labels. */
export async function sumOf(
  proxy: RunningProxy,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const samples = await samplesOf(proxy, name);
  return samples
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels.get(key) === value))
    .reduce((sum, { value }) => sum + value, 0);
}
