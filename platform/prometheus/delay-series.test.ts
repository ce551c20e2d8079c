import { expect, test } from "vitest";
import { DelaySeries } from "./delay-series.ts";

const connections = "weft_proxy_connect_seconds_count";
const least = "weft_proxy_connect_least_seconds";

function add(series: DelaySeries, destination: string, more: Readonly<Record<string, string>> = {}, reporter = "p") {
  const labels = new Map(Object.entries({ source_node: "a", destination_node: destination, ...more }));
  series.add({ name: connections, labels, value: 2 }, reporter);
  series.add({ name: least, labels, value: 0.001 }, reporter);
}

test("both halves of one series are one delay, in milliseconds", () => {
  const series = new DelaySeries(10);
  add(series, "b");
  expect(series.delays()).toEqual([
    { sourceNode: "a", destinationNode: "b", series: "p|", connections: 2, leastMs: 1 },
  ]);
});

test("reporters are told apart by what scraped them, or by labels that Prometheus adds", () => {
  const series = new DelaySeries(10);
  add(series, "b", {}, "p");
  add(series, "b", {}, "q");
  add(series, "b", { instance: "10.0.0.1:15020" }, "p");
  expect(new Set(series.delays().map((delay) => delay.series)).size).toBe(3);
});

test("beyond the limit samples are left out and counted, and those known go on", () => {
  const series = new DelaySeries(1);
  for (const node of ["b", "c", "b"]) add(series, node);
  expect(series.delays().map(({ destinationNode }) => destinationNode)).toEqual(["b"]);
  expect(series.leftOut).toBe(2);
});
