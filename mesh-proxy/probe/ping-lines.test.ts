import { expect, test } from "vitest";
import { probeLines, summaryLine } from "./ping-lines.ts";
import { ProbeProtocol } from "./probe-protocol.ts";
import type { ProbeRecord } from "./probe-record.ts";

const source = { address: "10.0.0.5", port: 40_000 };
const path = { chain: "n6", spi: 7, serviceIndex: 1, next: [] };
const hop = (serviceIndex: number, pod: string, name?: string): ProbeRecord => ({
  kind: "hop",
  pod: `core/${pod}`,
  node: "n1",
  chain: "n6",
  spi: 7,
  serviceIndex,
  function: name,
});

function probe(...records: readonly ProbeRecord[]) {
  const protocol = new ProbeProtocol({ chain: "n6", source }, path, 100);
  for (const [at, record] of records.entries()) protocol.take(record, 101 + at);
  return protocol.answer();
}

const link: ProbeRecord = { kind: "link", connectMs: 0.25, answerMs: 0.5 };

test("a probe is a line for each hop, with what the hop before saw of the way", () => {
  const answer = probe(link, hop(1, "fw-0", "fw"), link, hop(0, "dn-0"));
  expect(answer).toMatchObject({ isWhole: true, reason: undefined });
  expect(probeLines(answer, 1)).toEqual([
    "probe 1 as 10.0.0.5:40000 on path 7",
    "  index  function     pod        node  connect ms  answer ms  total ms",
    "  1      fw           core/fw-0  n1    0.25        0.50       2.00",
    "  0      destination  core/dn-0  n1    0.25        0.50       4.00",
    "",
  ]);
  expect(summaryLine("core/n6", [answer, answer])).toBe(
    "core/n6: 2 probes, 2 answered by every hop, 0 % lost, least/mean/most 4.00/4.00/4.00 ms",
  );
});

test("where it stopped is said, and counts as lost", () => {
  const answer = probe(link, hop(1, "fw-0", "fw"), {
    kind: "stopped",
    pod: "core/fw-0",
    reason: "no instance\u001b is left",
  });
  expect(answer.isWhole).toBe(false);
  expect(probeLines(answer, 2).at(-2)).toBe("stopped: core/fw-0: no instance? is left");
  expect(summaryLine("core/n6", [answer])).toBe("core/n6: 1 probes, 0 answered by every hop, 100 % lost");
});

test("hops that say nothing more are named by the last that did", () => {
  expect(probe(link, hop(1, "fw-0", "fw")).reason).toBe("nothing was heard from behind core/fw-0");
  expect(probe().reason).toBe("no hop answered");
});

test("a function that does not answer leaves the probe unanswered, though every proxy did", () => {
  const refusal: ProbeRecord = { kind: "asked", reason: "connect ECONNREFUSED" };
  const answer = probe(link, hop(1, "fw-0", "fw"), refusal, link, hop(0, "dn-0"), { kind: "asked", connectMs: 0.1 });
  expect(answer.isWhole).toBe(false);
  const lines = probeLines(answer, 1);
  expect(lines[2]).toMatch(/refuses: connect ECONNREFUSED$/);
  expect(lines[3]).toMatch(/takes connections$/);
});
