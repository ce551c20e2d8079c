import { expect, test } from "vitest";
import { PathSeries } from "./path-series.ts";

function add(series: PathSeries, spi: string, more: Readonly<Record<string, string>> = {}, reporter = "p") {
  const labels = new Map(Object.entries({ weft_chain: "n6", weft_spi: spi, ...more }));
  series.add({ name: "weft_path_attempts_total", labels, value: 20 }, reporter);
  series.add({ name: "weft_path_failures_total", labels, value: 3 }, reporter);
}

test("both halves of one series are one sample", () => {
  const series = new PathSeries(10);
  add(series, "7");
  expect(series.paths()).toEqual([{ chain: "n6", spi: 7, reporter: "p|", attempts: 20, failures: 3 }]);
});

test("one half alone is none, nor is a series without a chain or a path", () => {
  const series = new PathSeries(10);
  const labels = new Map([["weft_chain", "n6"]]);
  series.add({ name: "weft_path_attempts_total", labels: new Map([...labels, ["weft_spi", "7"]]), value: 1 }, "p");
  for (const more of [{ weft_chain: "" }, { weft_spi: "" }, { weft_spi: "many" }]) add(series, "8", more);
  expect(series.paths()).toEqual([]);
});

test("reporters are told apart by what scraped them, or by labels that Prometheus adds", () => {
  const series = new PathSeries(10);
  add(series, "7", {}, "p");
  add(series, "7", {}, "q");
  add(series, "7", { instance: "10.0.0.1:15020" }, "p");
  expect(new Set(series.paths().map(({ reporter }) => reporter)).size).toBe(3);
});

test("beyond the limit samples are left out and counted, and those known go on", () => {
  const series = new PathSeries(1);
  for (const spi of ["7", "8", "7"]) add(series, spi);
  expect(series.paths().map(({ spi }) => spi)).toEqual([7]);
  expect(series.leftOut).toBe(2);
});
