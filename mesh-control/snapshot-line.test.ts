import { expect, test } from "vitest";
import type { SnapshotContent } from "./build-snapshot.ts";
import { nextVersion, peersText, snapshotLine, snapshotText } from "./snapshot-line.ts";

test("a line is one JSON object with everything of the snapshot", () => {
  const peers = [{ pod: "core/a", address: "10.0.0.1", workload: "a", node: "n1", app: "new\nline" }];
  const content: Required<SnapshotContent> = {
    ...{ proxy: "core/a", peers, upstreams: [], hops: [], arrivals: [{ chain: "core/c", spi: 7 }] },
    access: { rules: [], http1Ports: [80] },
    rateLimits: [{ port: 80, isHttp1: true, requests: 1, periodMs: 1000, burst: 1 }],
  };
  const line = snapshotLine({ version: 3, text: snapshotText(content, peersText(peers)) });
  expect(line.indexOf("\n")).toBe(line.length - 1);
  expect(JSON.parse(line)).toEqual({ version: 3, ...content });
});

const versions = [
  { name: "follows the clock", previous: 5, nowMs: 1.9, expected: 1000 },
  { name: "grows within a millisecond", previous: 1000, nowMs: 1, expected: 1001 },
  { name: "grows when the clock goes back", previous: 9000, nowMs: 2, expected: 9001 },
];

test.each(versions)("the version $name", ({ previous, nowMs, expected }) => {
  expect(nextVersion(previous, nowMs)).toBe(expected);
});
