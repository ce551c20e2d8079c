import { expect, test } from "vitest";
import { bytesBetween } from "./measure.ts";

const end = (workload: string, node: string) => ({ namespace: "ns", workload, pod: workload, node });
const counter = (to: string, requestBytes: number) => ({
  source: end("a", "n1"),
  destination: end(to, to === "near" ? "n1" : "n2"),
  requestBytes,
  responseBytes: 1,
});

test("bytes count from the first reading on, and by whether they left their node", () => {
  const before = { atMs: 0, counters: [counter("near", 10)], delays: [], paths: [], hops: [] };
  const after = { atMs: 1, counters: [counter("near", 15), counter("far", 100)], delays: [], paths: [], hops: [] };
  expect(bytesBetween(before, after)).toEqual({ totalBytes: 106, interNodeBytes: 101 });
});
