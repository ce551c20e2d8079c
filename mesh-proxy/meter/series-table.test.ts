import { expect, test } from "vitest";
import { SeriesTable } from "./series-table.ts";
import { type Traffic, trafficLabels } from "./traffic-labels.ts";
import { codeLabels } from "./traffic-series.ts";

const end = (name: string) => ({ pod: `core/${name}`, address: "10.0.0.1", workload: name, node: "n1", app: name });
const labels = (source: string, more: Partial<Traffic> = {}) =>
  trafficLabels({ reporter: "destination", source: end(source), destination: end("server"), ...more }, "tcp");

test("labels follow the telemetry contract: pod without namespace, unknown service, empty path", () => {
  expect(labels("amf-0")).toMatchObject({
    source_pod: "amf-0",
    source_workload_namespace: "core",
    destination_service: "unknown",
    weft_chain: "",
    weft_spi: "",
    weft_hop: "",
  });
  const steered = labels("amf-0", {
    service: { namespace: "dn", service: "web" },
    path: { chain: "core/video", spi: 16_777_215, serviceIndex: 0 },
  });
  expect(steered).toMatchObject({
    destination_service: "web.dn.svc.cluster.local",
    weft_chain: "core/video",
    weft_spi: "16777215",
    weft_hop: "0",
  });
});

test("the same labels give the same series", () => {
  const table = new SeriesTable(10);
  expect(table.seriesFor(labels("a"))).toBe(table.seriesFor(labels("a")));
  expect(table.seriesFor(labels("a"))).not.toBe(table.seriesFor(labels("b")));
});

test("a full table drops a series that nobody uses, and never one in use", () => {
  const table = new SeriesTable(2);
  const used = table.seriesFor(labels("a"));
  used.openedCount++;
  table.seriesFor(labels("b"));
  const third = table.seriesFor(labels("c"));
  third.openedCount++;
  expect(table.all().map((series) => series.labels.source_pod)).toEqual(["a", "c"]);
  expect(table.seriesFor(labels("d"))).toBe(table.overflow);
  expect(table.overflowCount).toBe(1);
});

test("requests are told apart by status and gRPC status", () => {
  const series = new SeriesTable(1).seriesFor(labels("a"));
  const record = { durationMs: 3, requestBytes: 100, responseBytes: 2000 };
  series.record({ ...record, statusCode: 200, grpcStatus: -1 });
  series.record({ ...record, statusCode: 200, grpcStatus: 0 });
  series.record({ ...record, statusCode: 200, grpcStatus: 16 });
  series.record({ ...record, statusCode: 503, grpcStatus: -1 });
  expect([...series.requestsByCode.keys()].map(codeLabels)).toEqual([
    { response_code: "200", grpc_response_status: "" },
    { response_code: "200", grpc_response_status: "0" },
    { response_code: "200", grpc_response_status: "16" },
    { response_code: "503", grpc_response_status: "" },
  ]);
  expect(series.http?.durationMs.sum).toBe(12);
  // 100 B lie in the first bucket (bounds are inclusive), 2,000 B in the third.
  expect([...(series.http?.requestBytes.counts ?? [])]).toEqual([4, 0, 0, 0, 0, 0, 0]);
  expect([...(series.http?.responseBytes.counts ?? [])]).toEqual([0, 0, 4, 0, 0, 0, 0]);
});
