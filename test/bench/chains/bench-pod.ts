/**
 * A program of its own: one pod, its proxy and its application, started by `bench-pod.ts SPEC` with JSON. Each message is
 * answered with what was seen since the message before.
 */

import { randomBytes } from "node:crypto";
import { createServer as createH2Server, type ServerHttp2Stream } from "node:http2";
import { createServer } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { Counters } from "../../../cnf-samples/counters.ts";
import { dnSample } from "../../../cnf-samples/dn/server.ts";
import { firewallSample } from "../../../cnf-samples/firewall/server.ts";
import { transparent } from "../../../cnf-samples/service-function/flow-processor.ts";
import { startServiceFunction } from "../../../cnf-samples/service-function/service-function-server.ts";
import { configuredSource } from "../../../mesh-proxy/control/configured-source.ts";
import type { SnapshotSource } from "../../../mesh-proxy/control/snapshot-source.ts";
import { type ProxyConfigInput, proxyConfigSchema } from "../../../mesh-proxy/proxy-config.ts";
import { startProxy } from "../../../mesh-proxy/start-proxy.ts";
import { createSystemClock } from "../../../platform/clock/system-clock.ts";
import { appPorts, functionPort, namespace, type PodRole } from "./chain-world.ts";
import { log } from "./stderr-log.ts";
import { wallMs } from "./wall-clock.ts";

export interface PodSpec {
  readonly name: string;
  readonly address: string;
  readonly role: PodRole;
  readonly controlUrl: string;
  readonly proxy: Partial<ProxyConfigInput>;
}

export interface PodSeen {
  /** Flows that reached the function here, `address:port` of their client, and when. */
  readonly flows: readonly { readonly client: string; readonly atMs: number }[];
  /** Longest time that the event loop took no turn. */
  readonly stallMsMax: number;
  /** How long each snapshot took from parsed JSON to in use. */
  readonly applyMs: readonly number[];
  /** Of the newest snapshot, as JSON. */
  readonly snapshotBytes: number;
}

const spec = JSON.parse(process.argv[2] ?? "") as PodSpec;
const clock = createSystemClock();
const { address: host } = spec;
let flows: { client: string; atMs: number }[] = [];
let applyMs: number[] = [];
let newest: unknown;
const delay = monitorEventLoopDelay({ resolution: 5 });

process.on("disconnect", () => process.exit(0));
process.on("message", () => {
  const snapshotBytes = newest === undefined ? 0 : JSON.stringify(newest).length;
  process.send?.({ flows, stallMsMax: delay.max / 1e6, applyMs, snapshotBytes } satisfies PodSeen);
  flows = [];
  applyMs = [];
  delay.reset();
});

await startApplication();
const config = proxyConfigSchema.parse({
  namespace,
  pod: spec.name,
  podAddress: host,
  appHost: host,
  upstreamHost: host,
  controlUrl: spec.controlUrl,
  drainMs: 0,
  ...spec.proxy,
});
const proxy = await startProxy(config, { clock, log, random: Math.random, snapshotSource: timedSource() });
await proxy.whenRunning(0);
delay.enable();
process.send?.("ready");

async function startApplication(): Promise<void> {
  const deps = { nowMs: wallMs, randomBytes, log };
  switch (spec.role) {
    case "client":
      return;
    case "function":
      await startFunction();
      return;
    case "destination":
      await dnSample.start({ host, port: appPorts.http1 }, deps);
      createServer({ noDelay: true }, (socket) => {
        socket.on("error", () => {});
        socket.pipe(socket);
      }).listen(appPorts.tcp, host);
      createH2Server()
        .on("stream", (stream: ServerHttp2Stream) => {
          stream.on("error", () => {});
          stream.respond({ ":status": 200 });
          stream.end("{}");
        })
        .on("sessionError", () => {})
        .listen(appPorts.h2c, host);
  }
}

/** The server of the sample functions, with the flows that come written down. */
async function startFunction(): Promise<void> {
  const config = firewallSample.configSchema.parse({ host, port: functionPort }) as Parameters<typeof startServiceFunction>[0]["config"]; // biome-ignore format: short
  await startServiceFunction({
    config: { ...config, proxyProtocol: true },
    counters: new Counters(),
    statistics: () => ({}),
    process: (header) => {
      if (header?.direction === "request") flows.push({ client: `${header.source.host}:${header.source.port}`, atMs: wallMs() }); // biome-ignore format: short
      return transparent;
    },
  });
}

function timedSource(): SnapshotSource {
  const source = configuredSource(
    proxyConfigSchema.parse({ namespace, pod: spec.name, podAddress: host, controlUrl: spec.controlUrl }),
    { clock, log, random: Math.random, onReconnect: () => {} },
  );
  return {
    start: (receiver) =>
      source.start({
        confirm: () => receiver.confirm(),
        receive: (input) => {
          const startedMs = wallMs();
          const report = receiver.receive(input);
          applyMs.push(wallMs() - startedMs);
          newest = input;
          return report;
        },
      }),
  };
}
