import { Counter, Gauge, Histogram, Registry, Summary } from "prom-client";
import { expect, test } from "vitest";
import { parseExposition } from "../../platform/prometheus/parse-exposition.ts";
import { mergeExpositions } from "./merge-expositions.ts";

interface Amounts {
  readonly requests: Readonly<Record<string, number>>;
  readonly version: number;
  readonly ageSeconds: number;
  readonly durations: readonly number[];
}

async function expositionOf({ requests, version, ageSeconds, durations }: Amounts): Promise<string> {
  const registers = [new Registry()];
  const counter = new Counter({ name: "istio_requests_total", help: "h", labelNames: ["path"], registers });
  for (const [path, count] of Object.entries(requests)) counter.inc({ path }, count);
  new Gauge({ name: "weft_proxy_snapshot_version", help: "h", registers }).set(version);
  new Gauge({ name: "weft_proxy_snapshot_age_seconds", help: "h", registers }).set(ageSeconds);
  new Gauge({ name: "weft_proxy_connections", help: "h", registers }).set(durations.length);
  const histogram = new Histogram({ name: "istio_request_bytes", help: "h", buckets: [1, 10], registers });
  const summary = new Summary({ name: "weft_proxy_connect_seconds", help: "h", percentiles: [0.5], registers });
  for (const duration of durations) histogram.observe(duration);
  for (const duration of durations) summary.observe(duration);
  return (registers[0] as Registry).metrics();
}

test("what is counted is added, of a state the oldest is told, and every metric stands once", async () => {
  const merged = mergeExpositions([
    await expositionOf({ requests: { "a b": 2, c: 1 }, version: 7, ageSeconds: 3, durations: [0.5, 5] }),
    await expositionOf({ requests: { "a b": 3, d: 4 }, version: 8, ageSeconds: 1, durations: [20] }),
  ]);
  const parsed = parseExposition(merged, () => true);
  if (parsed.kind === "rejected") throw new Error(parsed.reason);
  const values = Object.fromEntries(
    parsed.samples.map(({ name, labels, value }) => [[name, ...labels.values()].join(" "), value]),
  );
  expect(values).toEqual({
    "istio_requests_total a b": 5,
    "istio_requests_total c": 1,
    "istio_requests_total d": 4,
    weft_proxy_snapshot_version: 7,
    weft_proxy_snapshot_age_seconds: 3,
    weft_proxy_connections: 3,
    "istio_request_bytes_bucket 1": 1,
    "istio_request_bytes_bucket 10": 2,
    "istio_request_bytes_bucket +Inf": 3,
    istio_request_bytes_sum: 25.5,
    istio_request_bytes_count: 3,
    "weft_proxy_connect_seconds 0.5": 20,
    weft_proxy_connect_seconds_sum: 25.5,
    weft_proxy_connect_seconds_count: 3,
  });
  for (const name of ["istio_requests_total", "istio_request_bytes"])
    expect(merged.split(`# TYPE ${name} `).length).toBe(2);
});

test("one exposition stays as it is, and none is empty", async () => {
  const one = await expositionOf({ requests: { a: 1 }, version: 1, ageSeconds: 0, durations: [1] });
  expect(mergeExpositions([one]).split("\n").toSorted()).toEqual(
    one
      .split("\n")
      .filter((line, at, all) => line !== "" || at === all.length - 1)
      .toSorted(),
  );
  expect(mergeExpositions([])).toBe("");
});
