import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createStaticSnapshotSource } from "../../mesh-proxy/control/static-snapshot-source.ts";
import { type ProxyConfigInput, proxyConfigSchema } from "../../mesh-proxy/proxy-config.ts";
import { type RunningProxy, startProxy } from "../../mesh-proxy/start-proxy.ts";
import { findFreePort } from "../tools/free-port.ts";
import { clock, silentLog, sumOf } from "./mesh-proxy-setup.ts";

const address = "127.78.59.1";
let port: number;
let stops: (() => unknown)[] = [];

beforeEach(async () => {
  port = await findFreePort();
  stops = [];
});
afterEach(async () => {
  for (const stop of stops.reverse()) await stop();
});

async function start(more: Partial<ProxyConfigInput> = {}) {
  const source = createStaticSnapshotSource();
  const config = proxyConfigSchema.parse({
    ...{ namespace: "core", pod: "client-0", podAddress: address, meshPort: 0, adminPort: 0, drainMs: 0 },
    ...{ interceptOutboundPort: port, ...more },
  });
  const proxy = await startProxy(config, { clock, log: silentLog, random: Math.random, snapshotSource: source });
  stops.push(() => proxy.stop());
  return { proxy, source };
}

/** Nothing redirects it, so that a proxy that takes it refuses it. @returns when it is over */
async function dial(): Promise<{ readonly closed: Promise<void> }> {
  const socket = connect(port, "127.0.0.1");
  stops.push(() => socket.destroy());
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  // One that is reset at once may never have been open, as far as it is told.
  await Promise.race([closed, new Promise((resolve) => socket.once("connect", resolve))]);
  return { closed };
}

/** Of the event loop, in which the proxy takes what was dialled. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await setImmediate();
}

const refused = (proxy: RunningProxy, reason: string) =>
  sumOf(proxy, "weft_proxy_refused_connections_total", { reason });

test("an intercepted connection is held until the first snapshot", async () => {
  const { proxy, source } = await start();
  const held = [await dial(), await dial()];
  await turns();
  expect(await sumOf(proxy, "weft_proxy_refused_connections_total")).toBe(0);
  const peer = { pod: "core/client-0", address, workload: "client", node: "n", app: "client" };
  source.publish({ version: 1, proxy: peer.pod, peers: [peer], upstreams: [], hops: [] });
  await Promise.all(held.map(({ closed }) => closed));
  expect(await refused(proxy, "not_intercepted")).toBe(2);
  await (await dial()).closed;
  expect(await refused(proxy, "not_intercepted")).toBe(3);
});

test("without a snapshot it is refused in the end", async () => {
  const { proxy } = await start({ acceptTimeoutMs: 100 });
  await (await dial()).closed;
  expect(await refused(proxy, "not_intercepted")).toBe(1);
});

test("a proxy that stops lets none wait", async () => {
  const { proxy } = await start();
  const { closed } = await dial();
  await turns();
  await proxy.stop();
  await closed;
});

test("a port that is taken is an error of the start", async () => {
  await start();
  const again = start();
  await expect(again).rejects.toMatchObject({ code: "listen-failed" });
});
