/** A Service's annotations as a mesh has them: read by mesh-control, held by proxies. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Service, serviceOf } from "../../core/model/service.ts";
import { controlConfigSchema } from "../../mesh-control/control-config.ts";
import { type RunningControl, startControl } from "../../mesh-control/start-control.ts";
import { proxyConfigSchema } from "../../mesh-proxy/proxy-config.ts";
import { type RunningProxy, startProxy } from "../../mesh-proxy/start-proxy.ts";
import type { MemoryCluster } from "../../platform/memory/memory-cluster.ts";
import { meshCluster, meshNode, meshPod } from "../builders/mesh-cluster.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { clock, silentLog, sumOf, tcpServer } from "./mesh-proxy-setup.ts";

const addresses = { "ue-0": "127.77.76.1", "dn-0": "127.77.76.2" } as const;
const appPort = 8080;
const proxies = new Map<string, RunningProxy>();
const stops: (() => unknown)[] = [];
let cluster: MemoryCluster;
let control: RunningControl;

beforeAll(async () => {
  cluster = meshCluster({
    nodes: [meshNode("n1", "a")],
    pods: Object.entries(addresses).map(([name, address]) =>
      meshPod(name, "n1", name === "ue-0" ? "dn=15010" : "", { address }),
    ),
    services: [serviceWith({})],
  });
  const config = controlConfigSchema.parse({ host: "127.0.0.1", port: 0, debounceMs: 0 });
  control = await startControl(config, { view: cluster, clock, log: silentLog });
  stops.push(control.stop);
  stops.push((await tcpServer(addresses["dn-0"], (socket) => socket.pipe(socket), appPort)).close);
  for (const [pod, podAddress] of Object.entries(addresses)) {
    const own = { namespace: "core", pod, podAddress, appHost: podAddress, upstreamHost: podAddress };
    const proxyConfig = proxyConfigSchema.parse({ ...own, adminPort: 0, drainMs: 0, controlUrl: control.url });
    const proxy = await startProxy(proxyConfig, { clock, log: silentLog, random: Math.random });
    stops.push(() => proxy.stop({ drainMs: 0 }));
    await proxy.whenRunning(1);
    proxies.set(pod, proxy);
  }
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

function serviceWith(annotations: Readonly<Record<string, string>>): Service {
  const ports = [{ port: 80, targetPort: appPort, appProtocol: "tcp" }];
  return serviceOf({
    metadata: { namespace: "core", name: "dn", annotations },
    spec: { selector: { app: "dn" }, ports },
  });
}

/** Waits until the proxy of a pod goes by a newer snapshot. */
async function annotate(annotations: Readonly<Record<string, string>>, pod: keyof typeof addresses): Promise<void> {
  const proxy = proxies.get(pod) as RunningProxy;
  const version = proxy.snapshotVersion() ?? 0;
  cluster.services.put(serviceWith(annotations));
  await waitUntil(() => (proxy.snapshotVersion() ?? 0) > version, { what: "the annotations", timeoutMs: 10_000 });
}

/** Undefined where it is refused. */
function open(): Promise<Socket | undefined> {
  const socket = connect({ host: addresses["ue-0"], port: 15_010 });
  stops.push(() => socket.destroy());
  socket.write("x");
  return new Promise((resolve) => {
    socket.once("data", () => resolve(socket));
    socket.on("error", () => resolve(undefined));
    socket.on("close", () => resolve(undefined));
  });
}

test("limits come and go with annotations, and no connection is dropped by either", async () => {
  const before = [await open(), await open()];
  await annotate({ "weft.dev/circuit-breaker": "maxConnections=1" }, "ue-0");
  expect(await open()).toBeDefined();
  expect(await open()).toBeUndefined();
  expect(await sumOf(proxies.get("ue-0") as RunningProxy, "weft_proxy_limited_total")).toBe(1);
  await annotate({}, "ue-0");
  expect(await open()).toBeDefined();
  for (const socket of before) {
    socket?.write("y");
    expect(String((await once(socket as Socket, "data"))[0])).toBe("y");
  }
});

test("the pods of a Service hold its own rate limit", async () => {
  await annotate({ "weft.dev/server-rate-limit": "requests=1, unit=Hour, burst=2" }, "dn-0");
  expect([await open(), await open(), await open()].map((socket) => socket !== undefined)).toEqual([true, true, false]);
  expect(await sumOf(proxies.get("dn-0") as RunningProxy, "weft_proxy_port_limited_total", { port: "8080" })).toBe(1);
});

test("an annotation that makes no sense is named with its field, and the others hold", async () => {
  const annotations = { "weft.dev/slow-start": "window=soon", "weft.dev/rate-limit": "requests=1, unit=Hour" };
  await annotate(annotations, "ue-0");
  const { proxies: listed } = (await (await fetch(`${control.url}/v1/proxies`)).json()) as {
    proxies: { proxy: string; problems: string[] }[];
  };
  expect(listed.find(({ proxy }) => proxy === "core/ue-0")?.problems).toEqual([
    'Service dn.core goes without one of its annotations: metadata.annotations["weft.dev/slow-start"] has the window "soon", which is no duration such as 1m30s or 500ms within 100 ms to 86400000 ms',
  ]);
  expect([await open(), await open()].map((socket) => socket !== undefined)).toEqual([true, false]);
});
