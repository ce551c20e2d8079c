import { expect, test } from "vitest";
import { PathSeries } from "./path-series.ts";

interface Counts {
  readonly connections?: number;
  readonly requests?: number;
  readonly errors?: Readonly<Record<string, number>>;
}

const answer = { count: 0, sumMs: 0 };
const some: Counts = { connections: 5, requests: 20, errors: { http_5xx: 2, no_endpoint: 1 } };

function add(
  series: PathSeries,
  spi: string,
  counts: Counts = some,
  more: Readonly<Record<string, string>> = {},
  reporter = "p",
) {
  // biome-ignore format: short
  const labels = { weft_chain: "n6", weft_spi: spi, weft_hop: "classifier", ...more };
  const count = (name: string, value: number, reason: Readonly<Record<string, string>> = {}) =>
    series.add({ name, labels: new Map(Object.entries({ ...labels, ...reason })), value }, reporter);
  count("weft_hop_connections_total", counts.connections ?? 0);
  count("weft_hop_requests_total", counts.requests ?? 0);
  for (const [reason, value] of Object.entries(counts.errors ?? {})) count("weft_hop_errors_total", value, { reason });
}

test("attempts are connections and requests, failures are errors of every reason", () => {
  const series = new PathSeries(10);
  add(series, "7");
  expect(series.paths()).toEqual([{ chain: "n6", spi: 7, reporter: "p|", attempts: 25, failures: 3, answer }]);
});

test("how long requests took to be answered is of the path, too", () => {
  const series = new PathSeries(10);
  const labels = { weft_chain: "n6", weft_spi: "7", weft_hop: "classifier" };
  const time = (part: string, of: string, value: number) =>
    series.add({ name: `weft_hop_answer_seconds_${part}`, labels: new Map(Object.entries({ ...labels, of })), value }, "p"); // biome-ignore format: short
  time("count", "request", 4);
  time("sum", "request", 0.02);
  time("sum", "connection", 9);
  expect(series.paths()).toMatchObject([{ answer: { count: 4, sumMs: 20 } }]);
});

const cases = [
  { name: "a path without an error has none", counts: { connections: 5 }, is: [5, 0] },
  { name: "a client that breaks off is no failure", counts: { ...some, errors: { source_reset: 9 } }, is: [25, 0] },
  { name: "failures are never more than attempts", counts: { connections: 1, errors: { a: 1, b: 1 } }, is: [2, 2] },
];

test.each(cases)("$name", ({ counts, is }) => {
  const series = new PathSeries(10);
  add(series, "7", counts);
  expect(series.paths()).toMatchObject([{ attempts: is[0], failures: is[1] }]);
});

test("what other hops count is not of interest, nor is a series without a chain or a path", () => {
  const series = new PathSeries(10);
  for (const more of [{ weft_hop: "2" }, { weft_chain: "" }, { weft_spi: "" }, { weft_spi: "many" }])
    add(series, "8", some, more);
  expect(series.paths()).toEqual([]);
});

test("reporters are told apart by what scraped them, or by labels that Prometheus adds", () => {
  const series = new PathSeries(10);
  add(series, "7", some, {}, "p");
  add(series, "7", some, {}, "q");
  add(series, "7", some, { instance: "10.0.0.1:15020" }, "p");
  expect(new Set(series.paths().map(({ reporter }) => reporter)).size).toBe(3);
});

test("beyond the limit samples are left out and counted, and those known go on", () => {
  const series = new PathSeries(1);
  for (const spi of ["7", "8"]) add(series, spi, { connections: 1 });
  expect(series.paths().map(({ spi }) => spi)).toEqual([7]);
  expect(series.leftOut).toBe(2);
});
