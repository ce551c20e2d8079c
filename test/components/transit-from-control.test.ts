/** Proof of transit as a mesh has it: keys from mesh-control, over HTTP, to the proxies of a path. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ForwardingHop } from "../../core/model/mesh-snapshot.ts";
import { controlConfigSchema } from "../../mesh-control/control-config.ts";
import { startControl } from "../../mesh-control/start-control.ts";
import { proxyConfigSchema } from "../../mesh-proxy/proxy-config.ts";
import { type RunningProxy, startProxy } from "../../mesh-proxy/start-proxy.ts";
import type { MemoryCluster } from "../../platform/memory/memory-cluster.ts";
import {
  chain,
  meshCluster,
  meshNode,
  meshPod,
  meshService,
  path as pathOf,
  serviceFunction,
} from "../builders/mesh-cluster.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { clock, samplesOf, silentLog, tcpServer } from "./mesh-proxy-setup.ts";

const subnet = "127.77.36";
const names = ["ue-0", "fw-0", "dpi-0", "dn-0"] as const;
const addressOf = (name: (typeof names)[number]) => `${subnet}.${names.indexOf(name) + 1}`;
const appPort = 8080;
const functionPort = 9000;
const folder = mkdtempSync(path.join(tmpdir(), "weft-transit-"));
const proxies = new Map<string, RunningProxy>();
const stops: (() => unknown)[] = [() => rmSync(folder, { recursive: true })];
let cluster: MemoryCluster;

beforeAll(async () => {
  const proofSecretFile = path.join(folder, "secret");
  writeFileSync(proofSecretFile, "s".repeat(32));
  cluster = mesh();
  const config = { host: "127.0.0.1", port: 0, debounceMs: 0, proofOfTransit: "Refuse", proofSecretFile };
  const control = await startControl(controlConfigSchema.parse(config), { view: cluster, clock, log: silentLog });
  stops.push(control.stop);
  for (const [name, port] of [["fw-0", functionPort], ["dpi-0", functionPort], ["dn-0", appPort]] as const)
    stops.push((await tcpServer(addressOf(name), (socket) => socket.pipe(socket), port)).close); // biome-ignore format: pairs
  for (const name of names) {
    const address = addressOf(name);
    const own = { namespace: "core", pod: name, podAddress: address, appHost: address, upstreamHost: address };
    const proxyConfig = proxyConfigSchema.parse({ ...own, adminPort: 0, drainMs: 0, controlUrl: control.url });
    const proxy = await startProxy(proxyConfig, { clock, log: silentLog, random: Math.random });
    stops.push(() => proxy.stop({ drainMs: 0 }));
    await proxy.whenRunning(1);
    proxies.set(name, proxy);
  }
});
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
});

function mesh(): MemoryCluster {
  const pod = (name: (typeof names)[number], upstreams = "") =>
    meshPod(name, "n1", upstreams, { address: addressOf(name) });
  return meshCluster({
    nodes: [meshNode("n1", "a")],
    pods: [pod("ue-0", "dn=15010"), pod("fw-0"), pod("dpi-0"), pod("dn-0")],
    services: [meshService("dn", [{ port: 80, targetPort: appPort, appProtocol: "tcp" }])],
    functions: [serviceFunction("fw"), serviceFunction("dpi")],
    chains: [chain("n6", ["fw", "dpi"])],
    paths: [
      pathOf("n6", 7, [
        { function: "fw", weights: ["n1>fw-0=10000"] },
        { function: "dpi", weights: ["fw-0>dpi-0=10000"] },
        { weights: ["dpi-0>dn-0=10000"] },
      ]),
    ],
  });
}

async function exchange(text: string): Promise<string> {
  const socket = connect({ host: addressOf("ue-0"), port: 15_010, allowHalfOpen: true });
  stops.push(() => socket.destroy());
  socket.end(text);
  let answer = "";
  for await (const piece of socket) answer += piece;
  return answer;
}

async function verdicts(): Promise<readonly (readonly [string | undefined, number])[]> {
  const proxy = proxies.get("dn-0");
  const samples = proxy === undefined ? [] : await samplesOf(proxy, "weft_hop_proofs_total");
  return samples.map(({ labels, value }) => [labels.get("verdict"), value]);
}

test("a flow through all functions is proved with the keys that mesh-control hands out", async () => {
  expect(await exchange("x")).toBe("x");
  expect(await verdicts()).toEqual([["proved", 1]]);
});

test("a function without a live instance that may be bypassed is told as bypassed, and the flow goes on", async () => {
  const [firewall, destination] = [proxies.get("fw-0"), proxies.get("dn-0")];
  const version = destination?.snapshotVersion() ?? 0;
  cluster.serviceFunctions.put(serviceFunction("dpi", { failurePolicy: "Bypass" }));
  cluster.pods.put(meshPod("dpi-0", "n1", "", { address: addressOf("dpi-0"), isReady: false }));
  const hopOf = async (proxy: RunningProxy | undefined) =>
    ((await (await fetch(`${proxy?.addresses.admin.url}/config`)).json()) as { hops: ForwardingHop[] }).hops[0];
  await waitUntil(async () => (await hopOf(firewall))?.nextServiceIndex === 0, {
    what: "the bypass",
    timeoutMs: 10_000,
  });
  await waitUntil(() => (destination?.snapshotVersion() ?? 0) > version, { what: "what may be", timeoutMs: 10_000 });
  expect(await exchange("x")).toBe("x");
  expect(await verdicts()).toEqual([["proved", 1], ["bypassed", 1]]); // biome-ignore format: pairs
});
