import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import type { Log } from "../../core/ports/log.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import type { MemoryCluster } from "../../platform/memory/memory-cluster.ts";
import { createMemoryCluster } from "../../platform/memory/memory-cluster.ts";
import { schedulerDelays } from "../../sfc/delay-source.ts";
import { schedulerDemand } from "../../sfc/demand-source.ts";
import { schedulerPaths } from "../../sfc/path-source.ts";
import { sfcConfigSchema } from "../../sfc/sfc-config.ts";
import { type RunningSfc, startSfc } from "../../sfc/start-sfc.ts";
import { chainCluster, loseReadiness, namespace, putChain } from "../builders/chain-cluster.ts";
import { waitUntil } from "../tools/wait-until.ts";

const silent: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const alwaysLeading = { isLeader: true, subscribe: () => () => {} };
const fast = { port: 0, debounceMs: 1, activationDelayMs: 20, drainMs: 20, demandIntervalMs: 10 };

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

describe("the chain controller", () => {
  test("renders a chain, follows its instances, and shows both", async () => {
    const cluster = chainCluster();
    putChain(cluster);
    const { url } = await start(cluster);
    await activeSpi(cluster, 1);
    loseReadiness(cluster, "dpi-1");
    await activeSpi(cluster, 2);
    await eventually(async () => cluster.serviceFunctionPaths.list().length === 1, "the old path is gone");
    await eventually(async () => (await chainsAt(url))[0]?.status?.spi === 2, "the status says so");
    const [chain] = await chainsAt(url);
    expect(chain).toMatchObject({
      namespace,
      name: "inspect",
      declaredBytesPerSecond: 1e6,
      measuredBytesPerSecond: null,
    });
    expect(chain?.paths.map(({ spi }) => spi)).toEqual([2]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('weft_sfc_chains{state="runnable"} 1');
    expect(metrics).toMatch(/weft_sfc_path_writes_total\{action="create"\} 2/);
  });

  test("takes its demand from the scheduler's flows", async () => {
    const cluster = chainCluster();
    putChain(cluster, { demandBytesPerSecond: undefined });
    const schedulerUrl = await serve(JSON.stringify(flows([{ chain: "inspect", bytes: 2e6 }])));
    const { url } = await start(cluster, { schedulerUrl });
    await eventually(
      async () => (await chainsAt(url))[0]?.status?.prediction?.demandBytesPerSecond === 2e6,
      "the prediction is for the measured demand",
    );
    expect((await chainsAt(url))[0]).toMatchObject({ declaredBytesPerSecond: null, measuredBytesPerSecond: 2e6 });
  });

  test("is ready once the cluster has been read", async () => {
    const cluster = createMemoryCluster({ hasSynced: false });
    const { url } = await start(cluster);
    expect((await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await fetch(`${url}/livez`)).status).toBe(200);
    const { pods, nodes, services, serviceFunctions, serviceFunctionChains, serviceFunctionPaths } = cluster;
    for (const one of [pods, nodes, services, serviceFunctions, serviceFunctionChains, serviceFunctionPaths])
      one.markSynced();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
  });

  test("says which address it cannot listen on", async () => {
    const { port } = await start(chainCluster());
    await expect(start(chainCluster(), { port })).rejects.toMatchObject({ code: "listen-failed" });
  });
});

describe("the scheduler's flows as demand", () => {
  const signal = AbortSignal.timeout(30_000);

  test("are what enters each chain, over all its sources, by the sources' namespace", async () => {
    const two = flows([
      { chain: "a", bytes: 5 },
      { chain: "b", bytes: 7 },
    ]);
    const read = schedulerDemand({ schedulerUrl: await serve(JSON.stringify(two)), timeoutMs: 5000 });
    expect(await read(signal)).toEqual(
      new Map([
        ["edge/a", 5],
        ["edge/b", 7],
      ]),
    );
  });

  const wrong = [
    { name: "that are stale", body: JSON.stringify({ ...flows([]), isStale: true }), code: "telemetry-unavailable" },
    { name: "of a scheduler that fails", body: "{}", status: 500, code: "telemetry-unavailable" },
    { name: "that are no JSON", body: "<html>", code: "telemetry-malformed" },
    {
      name: "without chains",
      body: JSON.stringify({ isStale: false }),
      code: "telemetry-malformed",
      message: /chains/,
    },
    {
      name: "with a negative rate",
      body: JSON.stringify(flows([{ chain: "a", bytes: -1 }])),
      code: "telemetry-malformed",
      message: /chains\[0\]\.sources\[0\]\.requestBytesPerSecond/,
    },
  ];

  test.each(wrong)("$name are refused", async ({ body, status = 200, code, message = /./ }) => {
    const read = schedulerDemand({ schedulerUrl: await serve(body, status), timeoutMs: 5000 });
    await expect(read(signal)).rejects.toMatchObject({ code, message });
  });

  test("that do not come in time are refused", async () => {
    const read = schedulerDemand({ schedulerUrl: await serve(undefined), timeoutMs: 20 });
    await expect(read(signal)).rejects.toMatchObject({ code: "telemetry-unavailable" });
  });

  test("leave paths as they are when they cannot be read", async () => {
    const cluster = chainCluster();
    putChain(cluster);
    const { url } = await start(cluster, { schedulerUrl: await serve("<html>") });
    await activeSpi(cluster, 1);
    const failed = async () =>
      (await (await fetch(`${url}/metrics`)).text()).includes('demand_reads_total{outcome="failed"}');
    await eventually(failed, "a failed read is counted");
    expect(cluster.serviceFunctionPaths.list()).toMatchObject([{ spi: 1, isActive: true }]);
  });
});

describe("the scheduler's records of paths", () => {
  const signal = AbortSignal.timeout(30_000);
  const hops = [{ serviceIndex: 1, functionMs: 0.25, answerMs: 4 }];
  const good = { chain: "inspect", spi: 1, attempts: 1000, failures: 0, lastAtMs: 1, answerMs: 5, hops };

  test("are read as they are", async () => {
    const schedulerUrl = await serve(JSON.stringify({ ageMs: 1, isStale: false, paths: [good] }));
    expect(await schedulerPaths({ schedulerUrl, timeoutMs: 5000 })(signal)).toEqual([good]);
  });

  const wrong = [
    { name: "with fewer attempts than failures", part: { failures: 1001 }, message: /paths\[0\]: has more failures/ },
    { name: "of half an attempt", part: { attempts: 0.5 }, message: /paths\[0\]\.attempts/ },
    { name: "of no path", part: { spi: 0 }, message: /paths\[0\]\.spi/ },
    {
      name: "with a time below nothing",
      part: { hops: [{ serviceIndex: 1, answerMs: -1 }] },
      message: /hops\[0\]\.answerMs/,
    },
  ];

  test.each(wrong)("$name are refused", async ({ part, message }) => {
    const schedulerUrl = await serve(JSON.stringify({ isStale: false, paths: [{ ...good, ...part }] }));
    const read = schedulerPaths({ schedulerUrl, timeoutMs: 5000 });
    await expect(read(signal)).rejects.toMatchObject({ code: "telemetry-malformed", message });
  });

  test("take a path back on which errors rise, and are shown to be read", async () => {
    const cluster = chainCluster();
    putChain(cluster);
    const records = [good];
    const answer = () => ({ ...flows([]), paths: records.map((one) => ({ ...one, lastAtMs: Date.now() })) });
    const { url } = await start(cluster, {
      schedulerUrl: await serve(() => JSON.stringify(answer())),
      drainMs: 600_000,
    });
    await activeSpi(cluster, 1);
    loseReadiness(cluster, "dpi-1");
    await activeSpi(cluster, 2);
    records.push({ ...good, spi: 2, attempts: 100, failures: 100 });
    await activeSpi(cluster, 1);
    await eventually(async () => (await chainsAt(url))[0]?.status?.spi === 1, "the status says so");
    expect((await chainsAt(url))[0]?.paths.map(({ spi, trials }) => ({ spi, trials }))).toEqual([
      { spi: 2, trials: { attempts: 100, failures: 100 } },
      { spi: 1, trials: { attempts: 1000, failures: 0 } },
    ]);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain("weft_sfc_rollbacks_total 1");
    expect(metrics).toMatch(/weft_sfc_path_reads_total\{outcome="read"\} \d/);
  });

  test("take nothing back where that is not wanted", async () => {
    const cluster = chainCluster();
    putChain(cluster);
    const records = [good, { ...good, spi: 2, attempts: 100, failures: 100 }];
    let asked = 0;
    const answer = (path = "") => {
      if (path.startsWith("/v1/paths")) asked += 1;
      return JSON.stringify({ ...flows([]), paths: records.map((one) => ({ ...one, lastAtMs: Date.now() + asked })) });
    };
    const rollback = { isEnabled: false, readingsMin: 1 };
    await start(cluster, { schedulerUrl: await serve(answer), rollback, drainMs: 600_000 });
    await activeSpi(cluster, 1);
    loseReadiness(cluster, "dpi-1");
    await activeSpi(cluster, 2);
    const [before] = [asked];
    await eventually(async () => asked > before + 5, "records are read");
    await activeSpi(cluster, 2);
  });

  test("say in the status what was timed, hop by hop", async () => {
    const cluster = chainCluster();
    putChain(cluster, { latencyBudgetMs: 50 });
    const answer = { ...flows([{ chain: "inspect", bytes: 2e6 }]), paths: [good] };
    const { url } = await start(cluster, { schedulerUrl: await serve(JSON.stringify(answer)) });
    const status = async () => (await chainsAt(url))[0]?.status;
    await eventually(async () => (await status())?.measured?.latency !== undefined, "the latency is there");
    expect((await status())?.measured?.latency).toEqual({
      answerMs: 5,
      hops: [{ serviceIndex: 1, function: "dpi", functionMs: 0.25, answerMs: 4 }],
    });
    const budget = (await status())?.conditions.find(({ type }) => type === "WithinLatencyBudget");
    expect(budget).toMatchObject({
      status: "True",
      message: expect.stringContaining("functions were measured to take"),
    });
  });
});

describe("the scheduler's round trips", () => {
  const pair = { a: "n1", b: "n2", roundTripMs: 20, lastAtMs: 1 };
  const answer = JSON.stringify({ ...flows([]), paths: [], pairs: [pair] });

  test("are what a latency budget is compared with, where latencies are to be measured", async () => {
    const schedulerUrl = await serve(answer);
    const acceptedBy = async (latencies: string) => {
      const cluster = chainCluster();
      putChain(cluster, { latencyBudgetMs: 5 });
      const { url } = await start(cluster, {
        schedulerUrl,
        latencies,
        measuredLatencies: { intervalMs: 10, pairsMin: 1 },
      });
      const conditions = async () => (await chainsAt(url))[0]?.status?.conditions ?? [];
      const isRead = async () => (await (await fetch(`${url}/metrics`)).text()).includes("weft_sfc_measured_pairs 1");
      if (latencies === "measured") await eventually(isRead, "the round trips are read");
      await eventually(async () => (await conditions()).length > 0, "the chain is looked at");
      if (latencies === "measured")
        await eventually(async () => (await conditions())[0]?.status === "False", "the chain is refused");
      return (await conditions()).find(({ type }) => type === "Accepted");
    };
    expect(await acceptedBy("measured")).toMatchObject({
      ...{ reason: "LatencyBudgetTooSmall", message: expect.stringContaining("links 10 ms") },
    });
    expect(await acceptedBy("configured")).toMatchObject({ status: "True" });
  });

  test("of no time at all are refused", async () => {
    const schedulerUrl = await serve(JSON.stringify({ isStale: false, pairs: [{ ...pair, roundTripMs: 0 }] }));
    const read = schedulerDelays({ schedulerUrl, timeoutMs: 5000 });
    await expect(read(AbortSignal.timeout(30_000))).rejects.toMatchObject({
      ...{ code: "telemetry-malformed", message: expect.stringContaining("pairs[0].roundTripMs") },
    });
  });
});

async function start(cluster: MemoryCluster, config: object = {}): Promise<RunningSfc> {
  const deps = { view: cluster, writer: cluster.writer, recorder: cluster.recorder, leadership: alwaysLeading };
  const running = await startSfc(sfcConfigSchema.parse({ ...fast, ...config }), {
    ...deps,
    clock: createSystemClock(),
    log: silent,
  });
  stops.push(running.stop);
  return running;
}

function activeSpi(cluster: MemoryCluster, spi: number): Promise<unknown> {
  const isActive = () => {
    const active = cluster.serviceFunctionPaths.list().filter((path) => path.isActive);
    return active.length === 1 && active[0]?.spi === spi;
  };
  return eventually(async () => isActive(), `the path with SPI ${spi} alone is active`);
}

function eventually(check: () => Promise<boolean>, what: string): Promise<unknown> {
  return waitUntil(check, { what, timeoutMs: 20_000, pollMs: 5 });
}

interface ListedChain {
  readonly status: {
    readonly spi?: number;
    readonly prediction?: { readonly demandBytesPerSecond: number };
    readonly measured?: { readonly latency?: unknown };
    readonly conditions: readonly { readonly type: string; readonly status: string }[];
  } | null;
  readonly paths: readonly { readonly spi: number; readonly trials: unknown }[];
}

async function chainsAt(url: string): Promise<readonly ListedChain[]> {
  const answer = (await (await fetch(`${url}/v1/chains`)).json()) as { readonly chains: readonly ListedChain[] };
  return answer.chains;
}

/** What the scheduler answers, as far as it is read; each chain's bytes come from two sources. */
function flows(chains: readonly { readonly chain: string; readonly bytes: number }[]) {
  const source = (bytes: number) => ({
    namespace,
    workload: "upf",
    node: "n1",
    requestBytesPerSecond: bytes,
    responseBytesPerSecond: 1,
  });
  return {
    source: "scrape",
    ageMs: 100,
    isStale: false,
    flowsTotal: 0,
    flows: [],
    chains: chains.map(({ chain, bytes }) => ({ chain, sources: [source(bytes / 2), source(bytes / 2)], hops: [] })),
  };
}

/** A server with one answer to everything, or one for each path; without a body it never answers. */
async function serve(body: string | ((path?: string) => string) | undefined, status = 200): Promise<string> {
  const server: Server = createServer(({ url }, response) => {
    const answer = typeof body === "function" ? body(url) : body;
    if (answer !== undefined) response.writeHead(status, { "content-type": "application/json" }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
