/** Taps and branches from the resources that a person writes to the bytes: controller, control side, proxies and functions are the real ones. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dpiSample } from "../../cnf-samples/dpi/server.ts";
import type { ServiceFunctionChain } from "../../core/model/chain.ts";
import { controlConfigSchema } from "../../mesh-control/control-config.ts";
import { startControl } from "../../mesh-control/start-control.ts";
import { proxyConfigSchema } from "../../mesh-proxy/proxy-config.ts";
import { type RunningProxy, startProxy } from "../../mesh-proxy/start-proxy.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import type { MemoryCluster } from "../../platform/memory/memory-cluster.ts";
import { sfcConfigSchema } from "../../sfc/sfc-config.ts";
import { startSfc } from "../../sfc/start-sfc.ts";
import { chain, meshCluster, meshNode, meshPod, meshService, serviceFunction } from "../builders/mesh-cluster.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { silentLog, sumOf, tcpServer } from "./mesh-proxy-setup.ts";

const listenPort = 15010;
const clock = createSystemClock();
const stops: (() => unknown)[] = [];
let cluster: MemoryCluster;
let destination: RunningProxy;
/** What each function was given, by its name and in order of connections. */
let heard: Map<string, string[]>;

const addresses = { "ue-0": "127.77.45.1", "fw-0": "127.77.45.2", "ids-0": "127.77.45.3", "dpi-0": "127.77.45.4", "opt-0": "127.77.45.5", "dn-0": "127.77.45.6" } as const; // biome-ignore format: a table
type PodName = keyof typeof addresses;
const place = { service: "dn", port: 80 };
const inspect = chain("n6", ["ids", "fw", "dpi"], { branches: [{ after: "dpi", to: "video" }], isSymmetric: true });
const video = chain("video", ["opt"], { classifier: { from: {}, isByBranchOnly: true, to: place } });

beforeEach(async () => {
  heard = new Map();
  const pod = (name: PodName, node: string, upstreams = "") =>
    meshPod(name, node, upstreams, { address: addresses[name] });
  cluster = meshCluster({
    nodes: [meshNode("n1", "z1"), meshNode("n2", "z1")],
    pods: [pod("ue-0", "n1", `dn=${listenPort}`), pod("fw-0", "n1"), pod("dpi-0", "n1"), pod("ids-0", "n2"), pod("opt-0", "n2"), pod("dn-0", "n2")],
    services: [meshService("dn", [{ port: 80, targetPort: 8080, appProtocol: "tcp" }])],
    functions: [
      serviceFunction("fw"),
      serviceFunction("ids", { mode: "Tap" }),
      serviceFunction("dpi", { hasProxyProtocol: true, isReclassifying: true }),
      serviceFunction("opt"),
    ],
    chains: [inspect, video],
  }); // biome-ignore format: objects one a line
  for (const name of ["fw-0", "opt-0"] as const) await passingFunction(name);
  await passingFunction("ids-0", () => {});
  await passingFunction("dn-0", undefined, 8080);
  const config = { host: addresses["dpi-0"], port: 9000, reclassifies: true, branches: { video: "video" } };
  const dpi = await dpiSample.start(config, { nowMs: Date.now, randomBytes: (n) => new Uint8Array(n), log: silentLog });
  stops.push(dpi.stop);
  await startAll();
});

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function passingFunction(name: PodName, answer?: (socket: Socket) => unknown, port = 9000): Promise<void> {
  const texts: string[] = [];
  heard.set(name, texts);
  const app = await tcpServer(
    addresses[name],
    (socket) => {
      const at = texts.push("") - 1;
      socket.on("data", (bytes: Buffer) => {
        texts[at] += bytes.toString("latin1");
      });
      if (answer === undefined) socket.pipe(socket);
      else {
        answer(socket);
        socket.on("end", () => socket.end());
      }
    },
    port,
  );
  stops.push(app.close);
}

async function startAll(): Promise<void> {
  const deps = { clock, log: silentLog };
  const folder = mkdtempSync(path.join(tmpdir(), "weft-proof-"));
  stops.push(() => rmSync(folder, { recursive: true }));
  const proofSecretFile = path.join(folder, "secret");
  writeFileSync(proofSecretFile, randomBytes(32));
  // Whatever a flow passes, it must prove: also past a tap, and on a branch.
  const proofs = { proofOfTransit: "Refuse", proofSecretFile };
  const config = controlConfigSchema.parse({ host: "127.0.0.1", port: 0, ...proofs });
  const control = await startControl(config, { view: cluster, ...deps });
  stops.push(control.stop);
  for (const [pod, podAddress] of Object.entries(addresses)) {
    const own = { namespace: "core", pod, podAddress, appHost: podAddress, upstreamHost: podAddress };
    const config = proxyConfigSchema.parse({ ...own, adminPort: 0, drainMs: 0, controlUrl: control.url });
    const proxy = await startProxy(config, { ...deps, random: Math.random });
    stops.push(() => proxy.stop({ drainMs: 0 }));
    if (pod === "dn-0") destination = proxy;
  }
  const times = { debounceMs: 1, activationDelayMs: 100, drainMs: 100 };
  const sfc = await startSfc(sfcConfigSchema.parse({ port: 0, ...times }), {
    view: cluster,
    writer: cluster.writer,
    recorder: cluster.recorder,
    leadership: { isLeader: true, subscribe: () => () => {} },
    ...deps,
  });
  stops.push(sfc.stop);
}

async function conditionOf(name: string, type: string): Promise<string> {
  const status = await cluster.writer.readChainStatus("core", name);
  const found = status?.conditions.find((condition) => condition.type === type);
  return `${found?.status} ${found?.reason} ${found?.message}`;
}

function eventually(what: string, check: () => boolean | Promise<boolean>): Promise<unknown> {
  return waitUntil(check, { what, timeoutMs: 20_000 });
}

async function exchange(text: string): Promise<string> {
  const socket = connect({ host: addresses["ue-0"], port: listenPort, allowHalfOpen: true });
  stops.push(() => socket.destroy());
  socket.end(text);
  let answer = "";
  for await (const piece of socket) answer += piece;
  return answer;
}

const requestTo = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const heardBy = (name: PodName) => heard.get(name) ?? [];

/** Both chains' paths are active, and the flow of a test shows that proxies know. */
async function steered(): Promise<void> {
  for (const name of ["n6", "video"])
    await eventually(`${name} is programmed`, async () => (await conditionOf(name, "Programmed")).startsWith("True"));
  await eventually("a flow passes the chain", async () => {
    await exchange(requestTo("www.example"));
    return heardBy("fw-0").length > 0;
  });
  await eventually("its copies are there", () => heardBy("ids-0").length >= 2);
}

test("a chain passes its functions, copies to its tap, and branches off what its DPI says", async () => {
  await steered();
  const before = { opt: heardBy("opt-0").length, fw: heardBy("fw-0").length };
  const other = requestTo("www.example/again");
  expect(await exchange(other)).toBe(other);
  expect(heardBy("opt-0")).toHaveLength(before.opt);
  const film = requestTo("video.example");
  expect(await exchange(film)).toBe(film);
  expect(heardBy("opt-0").slice(before.opt)).toEqual([film]);
  expect(
    heardBy("fw-0")
      .slice(before.fw)
      .filter((text) => text === film),
  ).toHaveLength(2);
  const proved = (weft_chain: string) => sumOf(destination, "weft_hop_proofs_total", { weft_chain, verdict: "proved" });
  expect(Math.min(await proved("n6"), await proved("video"))).toBeGreaterThan(0);
  expect(await sumOf(destination, "weft_hop_errors_total", { reason: "proof_failed" })).toBe(0);
  await eventually("both directions are copied", () => heardBy("ids-0").filter((text) => text === film).length === 2);
});

test("a branch that would lead back is refused by name, and traffic goes on as it did", async () => {
  await steered();
  const back: ServiceFunctionChain["branches"] = [{ after: "opt", match: { sources: ["0.0.0.0/0"] }, to: "n6" }];
  cluster.serviceFunctionChains.put({ ...video, generation: 2, branches: back });
  await eventually("both chains are refused", async () => {
    const [ofInspect, ofVideo] = [await conditionOf("n6", "Accepted"), await conditionOf("video", "Accepted")];
    return ofInspect.includes("n6 > video > n6") && ofVideo.includes("video > n6 > video");
  });
  const film = requestTo("video.example");
  await eventually("the branch is gone, and its traffic stays on its chain", async () => {
    const before = heardBy("opt-0").length;
    return (await exchange(film)) === film && heardBy("opt-0").length === before;
  });
});
