/** What every FlowSource must do, whatever it reads from. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FlowCounter, flowCounterKey } from "../../core/model/flow.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import type { FlowSource } from "../../core/ports/flow-source.ts";

export interface FlowSourceHarness {
  readonly source: FlowSource;
  /** From when this resolves the source finds these metrics, in the Prometheus text format, and no others. */
  expose(metrics: string): Promise<void>;
  /** What the source reads from answers with this instead of metrics. */
  answerWith(body: string): Promise<void>;
  /** Nothing listens any more where the source reads from. */
  fallSilent(): Promise<void>;
  stop(): Promise<void>;
}

export function describeFlowSource(name: string, start: () => Promise<FlowSourceHarness>): void {
  describe(`the flow source ${name}`, () => {
    let harness: FlowSourceHarness;

    beforeEach(async () => {
      harness = await start();
    });
    afterEach(() => harness.stop());

    const read = () => harness.source.read(new AbortController().signal);

    it("reads both directions of every flow, with ends and hop", async () => {
      await harness.expose(metrics.full);
      const { counters, atMs } = await read();
      expect(Number.isFinite(atMs)).toBe(true);
      expect(sums(counters)).toEqual([
        { flow: "core/amf/amf-0/n1>core/ausf/ausf-0/n2>>", requestBytes: 1000, responseBytes: 2000 },
        { flow: "core/upf/upf-0/n1>core/fw/fw-0/n3>core/n6#7#2>", requestBytes: 300, responseBytes: 40 },
      ]);
    });

    it("counts each flow once, leaves unknown ends out, and minds no other metric", async () => {
      await harness.expose(metrics.noise);
      const { counters } = await read();
      expect(sums(counters)).toEqual([
        { flow: "core/amf/amf-0/n1>core/ausf/ausf-0/n2>>", requestBytes: 5, responseBytes: 0 },
      ]);
    });

    it("reads a mesh that knows no pods: TCP and HTTP bytes add up, series stay apart", async () => {
      await harness.expose(metrics.withoutPods);
      const { counters, delays } = await read();
      expect(delays).toEqual([]);
      expect(sums(counters)).toEqual([{ flow: "shop/web//>shop/cart//>>", requestBytes: 117, responseBytes: 1205 }]);
      expect(new Set(counters.map(flowCounterKey)).size).toBe(counters.length);
      expect(counters.length).toBeGreaterThanOrEqual(3);
    });

    it("reads how far nodes are from each other, each reporter's word by itself", async () => {
      await harness.expose(metrics.full + metrics.delays);
      const { counters, delays } = await read();
      expect(counters).toHaveLength(2);
      const found = delays.map(({ series: _, ...delay }) => delay).sort((a, b) => a.leastMs - b.leastMs);
      expect(found).toEqual([
        { sourceNode: "n1", destinationNode: "n1", connections: 4, leastMs: 0.25 },
        { sourceNode: "n1", destinationNode: "n2", connections: 70, leastMs: 1.5 },
        { sourceNode: "n1", destinationNode: "n2", connections: 2, leastMs: 2 },
      ]);
      expect(new Set(delays.map(({ series }) => series)).size).toBe(2);
    });

    it("leaves out delays that lack a node or one of their halves", async () => {
      await harness.expose(metrics.halfDelays);
      expect((await read()).delays).toEqual([]);
    });

    it("reads how traffic fares on paths", async () => {
      await harness.expose(metrics.full + metrics.paths);
      const { counters, paths, hops } = await read();
      expect(counters).toHaveLength(2);
      const ofPath = { chain: "n6", spi: 7, reporter: expect.any(String) };
      expect(paths).toEqual([{ ...ofPath, attempts: 40, failures: 2, answer: { count: 38, sumMs: 190 } }]);
      const nothing = { count: 0, sumMs: 0 };
      expect(hops).toEqual([{ ...ofPath, serviceIndex: 1, function: { count: 38, sumMs: 19 }, answer: nothing }]);
    });

    it("a proxy without flows gives none", async () => {
      await harness.expose("up_and_running 1\n");
      const { counters, delays, paths } = await read();
      expect([...counters, ...delays, ...paths]).toEqual([]);
    });

    it("an answer that is no metrics is telemetry-malformed", async () => {
      await harness.answerWith("<html>It works!</html>");
      await expect(read()).rejects.toMatchObject({ code: "telemetry-malformed" });
    });

    it("when nothing answers it is telemetry-unavailable, and may be tried again", async () => {
      await harness.fallSilent();
      const failure = await read().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(WeftError);
      expect(failure).toMatchObject({ code: "telemetry-unavailable", retryable: true });
    });

    it("a reading can be called off", async () => {
      await harness.expose(metrics.full);
      const aborted = AbortSignal.abort(new Error("called off"));
      await expect(harness.source.read(aborted)).rejects.toThrow("called off");
    });
  });
}

/** By flow, what its series have together. */
function sums(counters: readonly FlowCounter[]) {
  const byFlow = new Map<string, { requestBytes: number; responseBytes: number }>();
  for (const counter of counters) {
    const flow = flowCounterKey({ ...counter, series: "" });
    const sum = byFlow.get(flow) ?? { requestBytes: 0, responseBytes: 0 };
    byFlow.set(flow, {
      requestBytes: sum.requestBytes + counter.requestBytes,
      responseBytes: sum.responseBytes + counter.responseBytes,
    });
  }
  return [...byFlow].map(([flow, bytes]) => ({ flow, ...bytes })).sort((a, b) => (a.flow < b.flow ? -1 : 1));
}

type Labels = Readonly<Record<string, string>>;

const amfToAusf: Labels = {
  reporter: "destination",
  source_workload: "amf",
  source_workload_namespace: "core",
  source_pod: "amf-0",
  source_node: "n1",
  destination_workload: "ausf",
  destination_workload_namespace: "core",
  destination_pod: "ausf-0",
  destination_node: "n2",
  destination_service_name: "ausf",
  request_protocol: "h2c",
  weft_chain: "",
};

const upfToFirewall: Labels = {
  ...amfToAusf,
  source_workload: "upf",
  source_pod: "upf-0",
  destination_workload: "fw",
  destination_pod: "fw-0",
  destination_node: "n3",
  weft_chain: "core/n6",
  weft_spi: "7",
  weft_hop: "2",
};

const webToCart: Labels = {
  reporter: "destination",
  source_workload: "web",
  source_workload_namespace: "shop",
  destination_workload: "cart",
  destination_workload_namespace: "shop",
};

const nodes = (source: string, destination: string): Labels => ({ source_node: source, destination_node: destination });
const connections = "weft_proxy_connect_seconds_count";
const least = "weft_proxy_connect_least_seconds";

const received = "istio_tcp_received_bytes_total";
const sent = "istio_tcp_sent_bytes_total";

const metrics = {
  full: exposition([
    [received, amfToAusf, 1000],
    [sent, amfToAusf, 2000],
    [received, upfToFirewall, 300],
    [sent, upfToFirewall, 40],
  ]),
  noise: exposition([
    [received, amfToAusf, 5],
    [received, { ...amfToAusf, reporter: "source" }, 6],
    [received, { ...amfToAusf, source_workload: "unknown", source_pod: "unknown" }, 7],
    [received, { ...amfToAusf, destination_workload: "unknown" }, 8],
    ["istio_requests_total", amfToAusf, 9],
    ["istio_request_bytes_sum", amfToAusf, 10],
    ["istio_request_bytes_count", amfToAusf, 1],
    ["process_cpu_seconds_total", {}, 11],
  ]),
  delays: exposition([
    [connections, { ...nodes("n1", "n2"), shard: "a" }, 70],
    [least, { ...nodes("n1", "n2"), shard: "a" }, 0.0015],
    [connections, { ...nodes("n1", "n2"), shard: "b" }, 2],
    [least, { ...nodes("n1", "n2"), shard: "b" }, 0.002],
    [connections, { ...nodes("n1", "n1"), shard: "b" }, 4],
    [least, { ...nodes("n1", "n1"), shard: "b" }, 0.000_25],
    ["weft_proxy_connect_seconds_sum", { ...nodes("n1", "n1"), shard: "b" }, 9],
  ]),
  halfDelays: exposition([
    [connections, nodes("n1", "n2"), 70],
    [least, nodes("n2", "n1"), 0.0015],
    [connections, nodes("n1", "unknown"), 1],
    [least, nodes("n1", "unknown"), 1],
    [connections, { source_node: "n1" }, 1],
    [least, { source_node: "n1" }, 1],
  ]),
  paths: exposition([
    ["weft_hop_requests_total", { weft_chain: "n6", weft_spi: "7", weft_hop: "classifier" }, 38],
    ["weft_hop_connections_total", { weft_chain: "n6", weft_spi: "7", weft_hop: "classifier" }, 2],
    ["weft_hop_errors_total", { weft_chain: "n6", weft_spi: "7", weft_hop: "classifier", reason: "http_5xx" }, 2],
    ["weft_hop_requests_total", { weft_chain: "n6", weft_spi: "7", weft_hop: "1" }, 38],
    ["weft_hop_answer_seconds_count", { weft_chain: "n6", weft_spi: "7", weft_hop: "classifier", of: "request" }, 38],
    ["weft_hop_answer_seconds_sum", { weft_chain: "n6", weft_spi: "7", weft_hop: "classifier", of: "request" }, 0.19],
    ["weft_hop_function_seconds_count", { weft_chain: "n6", weft_spi: "7", weft_hop: "1" }, 38],
    ["weft_hop_function_seconds_sum", { weft_chain: "n6", weft_spi: "7", weft_hop: "1" }, 0.019],
  ]),
  withoutPods: exposition([
    [received, { ...webToCart, destination_service_name: "cart" }, 100],
    [sent, { ...webToCart, destination_service_name: "cart" }, 1000],
    [received, { ...webToCart, destination_service_name: "cart-admin" }, 10],
    [sent, { ...webToCart, destination_service_name: "cart-admin" }, 200],
    ["istio_request_bytes_sum", { ...webToCart, response_code: "200" }, 7],
    ["istio_response_bytes_sum", { ...webToCart, response_code: "200" }, 5],
  ]),
};

function exposition(samples: readonly (readonly [name: string, labels: Labels, value: number])[]): string {
  return samples
    .map(([name, labels, value]) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`);
      return `${name}{${pairs.join(",")}} ${value}\n`;
    })
    .join("");
}
