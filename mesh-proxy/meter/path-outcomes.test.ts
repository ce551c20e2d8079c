import { expect, test } from "vitest";
import { isFailedRequest, PathOutcomesTable, pathMetrics } from "./path-outcomes.ts";

const requests = [
  { name: "an answer with status 200", status: 200, grpc: -1, isFailed: false },
  { name: "a refusal of the client's own doing", status: 404, grpc: -1, isFailed: false },
  { name: "status 500", status: 500, grpc: -1, isFailed: true },
  { name: "status 503", status: 503, grpc: -1, isFailed: true },
  { name: "no answer", status: 0, grpc: -1, isFailed: true },
  { name: "gRPC's OK", status: 200, grpc: 0, isFailed: false },
  { name: "gRPC's NOT_FOUND", status: 200, grpc: 5, isFailed: false },
  { name: "gRPC's UNAVAILABLE", status: 200, grpc: 14, isFailed: true },
];

test.each(requests)("$name counts as failed: $isFailed", ({ status, grpc, isFailed }) => {
  expect(isFailedRequest(status, grpc)).toBe(isFailed);
});

test("each path is counted by itself, under its chain", () => {
  const table = new PathOutcomesTable();
  table.of({ chain: "n6", spi: 7 }).count(true);
  table.of({ chain: "n6", spi: 8 }).count(false);
  table.of({ chain: "n6", spi: 7 }).count(false);
  const values = pathMetrics(table).map(({ name, samples }) => [name, samples()]);
  const labels = (spi: string) => ({ weft_chain: "n6", weft_spi: spi });
  expect(values).toEqual([
    ["weft_path_attempts_total", [{ value: 1, labels: labels("8") }, { value: 2, labels: labels("7") }]], // biome-ignore format: a row
    ["weft_path_failures_total", [{ value: 0, labels: labels("8") }, { value: 1, labels: labels("7") }]], // biome-ignore format: a row
  ]);
});

test("of many paths those used longest ago are forgotten", () => {
  const table = new PathOutcomesTable();
  for (let spi = 1; spi <= 1001; spi++) {
    table.of({ chain: "n6", spi });
    table.of({ chain: "n6", spi: 1 });
  }
  const spis = table.all().map(({ path }) => path.spi);
  expect(spis).toHaveLength(1000);
  expect([spis.includes(1), spis.includes(2)]).toEqual([true, false]);
});
