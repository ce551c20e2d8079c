import { expect, test } from "vitest";
import { flowCounterKey } from "../../core/model/flow.ts";
import { FlowSeries } from "./flow-series.ts";

const ends = {
  reporter: "destination",
  source_workload: "amf",
  source_workload_namespace: "core",
  destination_workload: "ausf",
  destination_workload_namespace: "core",
};
const pods = { source_pod: "amf-0", source_node: "n1", destination_pod: "ausf-0", destination_node: "n2" };

function countersOf(samples: readonly (readonly [name: string, labels: Record<string, string>, value: number])[]) {
  const series = new FlowSeries(100);
  for (const [name, labels, value] of samples)
    series.add({ name, labels: new Map(Object.entries(labels)), value }, "reporter");
  return series.counters();
}

const received = "istio_tcp_received_bytes_total";

test("received bytes are the request's, sent bytes the response's, of one counter", () => {
  const labels = { ...ends, ...pods };
  expect(countersOf([[received, labels, 10], ["istio_tcp_sent_bytes_total", labels, 90]])).toMatchObject([
    {
      source: { namespace: "core", workload: "amf", pod: "amf-0", node: "n1" },
      destination: { namespace: "core", workload: "ausf", pod: "ausf-0", node: "n2" },
      hop: undefined,
      requestBytes: 10,
      responseBytes: 90,
    },
  ]); // biome-ignore format: the samples are a table
});

const dropped = [
  { name: "the source's report of the same bytes", labels: { ...ends, reporter: "source" } },
  { name: "a waypoint's report", labels: { ...ends, reporter: "waypoint" } },
  { name: "an unknown source", labels: { ...ends, source_workload: "unknown" } },
  { name: "an unknown destination namespace", labels: { ...ends, destination_workload_namespace: "unknown" } },
  { name: "a series without a source", labels: { ...ends, source_workload: "" } },
];

test.each(dropped)("$name is left out", ({ labels }) => {
  expect(countersOf([[received, labels, 10]])).toEqual([]);
});

test("two paths of a chain whose name is unknown are two counters", () => {
  const onPath = (spi: string) => ({ ...ends, ...pods, weft_chain: "unknown", weft_spi: spi, weft_hop: "0" });
  const counters = countersOf([[received, onPath("1"), 10], [received, onPath("2"), 7]]); // biome-ignore format: a table
  expect(new Set(counters.map(flowCounterKey)).size).toBe(2);
});

test("other metrics are left out", () => {
  expect(countersOf([["istio_requests_total", ends, 10]])).toEqual([]);
});

test("an unknown pod or node is none", () => {
  const [counter] = countersOf([[received, { ...ends, source_pod: "unknown", source_node: "" }, 1]]);
  expect(counter?.source).toEqual({ namespace: "core", workload: "amf" });
});

test("HTTP message bytes count beside TCP's where the source's pod is not told", () => {
  const counters = countersOf([[received, ends, 10], ["istio_request_bytes_sum", ends, 7]]); // biome-ignore format: a table
  expect(counters.map(({ requestBytes }) => requestBytes)).toEqual([10, 7]);
});

test("HTTP message bytes do not count where the source's pod is told", () => {
  const labels = { ...ends, ...pods };
  const counters = countersOf([[received, labels, 10], ["istio_request_bytes_sum", labels, 7]]); // biome-ignore format: a table
  expect(counters.map(({ requestBytes }) => requestBytes)).toEqual([10]);
});

test("UDP bytes count beside TCP's", () => {
  const labels = { ...ends, ...pods };
  const counters = countersOf([[received, labels, 10], ["weft_udp_received_bytes_total", labels, 7], ["weft_udp_sent_bytes_total", labels, 3]]); // biome-ignore format: a table
  expect(counters.map(({ requestBytes, responseBytes }) => [requestBytes, responseBytes])).toEqual([[10, 0], [7, 3]]); // biome-ignore format: a table
});

test("series of the same ends stay apart", () => {
  const port = (name: string) => ({ ...ends, destination_service_name: name });
  expect(countersOf([[received, port("a"), 1], [received, port("b"), 2]])).toHaveLength(2); // biome-ignore format: a table
});

test("a hop is a chain with numbers", () => {
  const hop = { weft_chain: "core/n6", weft_spi: "7", weft_hop: "0" };
  const [onChain] = countersOf([[received, { ...ends, ...hop }, 1]]);
  const [offChain] = countersOf([[received, { ...ends, weft_chain: "", weft_spi: "", weft_hop: "" }, 1]]);
  expect([onChain?.hop, offChain?.hop]).toEqual([{ chain: "core/n6", spi: 7, hop: 0 }, undefined]);
});

test("counters over the limit are left out and counted", () => {
  const series = new FlowSeries(1);
  for (const pod of ["a", "b", "c"])
    series.add({ name: received, labels: new Map(Object.entries({ ...ends, source_pod: pod })), value: 1 }, "");
  expect([series.counters().length, series.leftOut]).toEqual([1, 2]);
});
