import { expect, test } from "vitest";
import { HopTable } from "./hop-table.ts";

const self = { pod: "core/fw-0", address: "10.0.0.1", workload: "fw", node: "n1", app: "fw" };
const place = { chain: "n6", spi: 7, at: 2, function: "fw" } as const;

test("one hop of a path has one series, named by chain, path, hop, function and pod", () => {
  const table = new HopTable(10);
  const series = table.hopFor(place, self);
  expect(table.hopFor({ ...place }, self)).toBe(series);
  expect(table.hopFor({ ...place, spi: 8 }, self)).not.toBe(series);
  expect(series.labels).toEqual({
    weft_namespace: "core",
    weft_chain: "n6",
    weft_spi: "7",
    weft_hop: "2",
    weft_function: "fw",
    weft_pod: "fw-0",
    weft_node: "n1",
  });
});

test("when there are too many, the one used longest ago makes room, and is counted", () => {
  const table = new HopTable(2);
  for (const spi of [1, 2, 1, 3]) table.hopFor({ ...place, spi }, self);
  expect(table.all().map(({ labels }) => labels.weft_spi)).toEqual(["1", "3"]);
  expect(table.droppedCount).toBe(1);
});

test("answers of 500 and above are errors, and still answers", () => {
  const series = new HopTable(1).hopFor(place, self);
  const record = { grpcStatus: -1, requestBytes: 1, responseBytes: 1 };
  series.record({ ...record, statusCode: 404, durationMs: 3 });
  series.record({ ...record, statusCode: 503, durationMs: 3 });
  series.failRequest("function_refused");
  expect(series.requestCount).toBe(3);
  expect(series.requestAnswerMs.sum).toBe(6);
  expect([...series.errors]).toEqual([
    ["http_5xx", 1],
    ["function_refused", 1],
  ]);
});
