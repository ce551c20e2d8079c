/** Both flow sources under one contract; the Prometheus one against a real Prometheus. */
import { Registry } from "prom-client";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { createLog } from "../../platform/log/pino-log.ts";
import { createPrometheusFlowSource } from "../../platform/prometheus/prometheus-flow-source.ts";
import { createScrapeFlowSource, type ScrapeFlowSourceOptions } from "../../platform/prometheus/scrape-flow-source.ts";
import { describeFlowSource, type FlowSourceHarness } from "../contracts/flow-source-contract.ts";
import { createManualClock } from "../fakes/manual-clock.ts";
import { debianProgram } from "../tools/debian-package.ts";
import { type RealPrometheus, startPrometheus } from "../tools/real-prometheus.ts";
import { startTextServer, type TextServer } from "../tools/text-server.ts";

const log = createLog({ level: "silent", name: "test" });
const clock = createManualClock();
const signal = () => new AbortController().signal;

function scraper(targets: readonly string[], limits: Partial<ScrapeFlowSourceOptions> = {}) {
  const registry = new Registry();
  return { registry, source: createScrapeFlowSource({ targets: () => targets, clock, log, registry, ...limits }) };
}

describeFlowSource("scrape", async (): Promise<FlowSourceHarness> => {
  const server = await startTextServer();
  const { source } = scraper([server.url]);
  return {
    source,
    async expose(metrics) {
      server.text = metrics;
    },
    async answerWith(body) {
      server.text = body;
    },
    fallSilent: () => server.close(),
    stop: () => server.close(),
  };
});

describe("a scrape of several targets", () => {
  const open: TextServer[] = [];
  afterEach(async () => {
    for (const server of open.splice(0)) await server.close();
  });

  async function target(text: string): Promise<TextServer> {
    const server = await startTextServer(text);
    open.push(server);
    return server;
  }

  const sample = (workload: string) =>
    `istio_tcp_received_bytes_total{reporter="destination",source_workload="${workload}",source_workload_namespace="core",` +
    `destination_workload="x",destination_workload_namespace="core"} 5\n`;
  const workloadsOf = async (source: ReturnType<typeof scraper>["source"]) =>
    (await source.read(signal())).counters.map((counter) => counter.source.workload).sort();

  it("keeps what the others gave when one is silent, one is mute, one is malformed and one is too large", async () => {
    const [good, silent, mute, malformed, large] = await Promise.all(
      [sample("amf"), "", "", "nonsense <here>\n", `${sample("big")}# ${"x".repeat(5000)}\n`].map(target),
    );
    await silent?.close();
    if (mute) mute.isMute = true;
    const targets = [good, silent, mute, malformed, large].flatMap((server) => server?.url ?? []);
    const { source, registry } = scraper(targets, { timeoutMs: 200, bodyBytesMax: 4000 });
    expect(await workloadsOf(source)).toEqual(["amf"]);
    const counts = await registry.metrics();
    expect(counts).toContain('weft_flow_source_scrapes_total{outcome="answered"} 1');
    expect(counts).toContain('weft_flow_source_scrapes_total{outcome="malformed"} 1');
    expect(counts).toContain('weft_flow_source_scrapes_total{outcome="silent"} 3');
  });

  it("gives a target that answers with an error status up", async () => {
    const [good, failing] = await Promise.all([target(sample("amf")), target(sample("ghost"))]);
    failing.status = 500;
    expect(await workloadsOf(scraper([good.url, failing.url]).source)).toEqual(["amf"]);
  });

  it("asks each target once, even when it is named twice", async () => {
    const server = await target(sample("amf"));
    expect(await workloadsOf(scraper([server.url, server.url]).source)).toEqual(["amf"]);
    expect(server.requests).toBe(1);
  });

  it("gets to every target with any number at a time", async () => {
    const servers = await Promise.all(["a", "b", "c", "d", "e"].map((workload) => target(sample(workload))));
    const { source } = scraper(
      servers.map(({ url }) => url),
      { concurrencyMax: 2 },
    );
    expect(await workloadsOf(source)).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("without targets there are no flows, and that is no failure", async () => {
    expect((await scraper([]).source.read(signal())).counters).toEqual([]);
  });
});

const prometheus = await debianProgram({ package: "prometheus", program: "prometheus", how: "unpack" });
if (prometheus.kind === "unavailable") {
  describe("the flow source prometheus", () => {
    it.skip(`SKIPPED, since there is no Prometheus: ${prometheus.reason}`, () => {});
  });
} else {
  describeFlowSource("prometheus", () => prometheusHarness(prometheus.path));
}

/** One Prometheus for all tests: what a target no longer exposes is gone from the answers after its next scrape. */
let shared: Promise<{ readonly proxy: TextServer; readonly real: RealPrometheus }> | undefined;
let exposures = 0;

async function startShared(program: string) {
  const proxy = await startTextServer();
  return { proxy, real: await startPrometheus(program, proxy.address) };
}

afterAll(async () => {
  const started = await shared;
  await started?.real.stop();
  await started?.proxy.close();
});

async function prometheusHarness(program: string): Promise<FlowSourceHarness> {
  shared ??= startShared(program);
  const { proxy, real } = await shared;
  const impostor = await startTextServer();
  let url = `http://${impostor.address}`;
  return {
    get source() {
      return createPrometheusFlowSource({ url, clock, log });
    },
    async expose(metrics) {
      exposures += 1;
      proxy.text = `${metrics}exposures ${exposures}\n`;
      await real.waitFor("exposures", exposures);
      url = real.url;
    },
    async answerWith(body) {
      impostor.text = body;
    },
    fallSilent: () => impostor.close(),
    stop: () => impostor.close(),
  };
}

describe("a Prometheus that refuses", () => {
  it("a query error is telemetry-malformed and says what Prometheus said", async () => {
    const server = await startTextServer('{"status":"error","errorType":"bad_data","error":"invalid parameter"}');
    server.status = 400;
    const source = createPrometheusFlowSource({ url: `http://${server.address}/`, clock, log, matchers: "nonsense" });
    const expected = { code: "telemetry-malformed", message: expect.stringContaining("invalid parameter") };
    await expect(source.read(signal())).rejects.toMatchObject(expected);
    await server.close();
  });

  it("one that is overloaded is telemetry-unavailable", async () => {
    const server = await startTextServer("Service Unavailable");
    server.status = 503;
    const source = createPrometheusFlowSource({ url: `http://${server.address}`, clock, log });
    await expect(source.read(signal())).rejects.toMatchObject({ code: "telemetry-unavailable" });
    await server.close();
  });

  it("an answer over the limit is telemetry-unavailable", async () => {
    const server = await startTextServer("x".repeat(2000));
    const source = createPrometheusFlowSource({ url: `http://${server.address}`, clock, log, bodyBytesMax: 1000 });
    const expected = { code: "telemetry-unavailable", message: expect.stringContaining("larger than 1000 bytes") };
    await expect(source.read(signal())).rejects.toMatchObject(expected);
    await server.close();
  });
});
