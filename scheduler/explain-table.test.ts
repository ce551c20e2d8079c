import { expect, test } from "vitest";
import { explainTable } from "./explain-table.ts";
import type { Explanation } from "./explanation-schema.ts";

const near = { node: 1, rack: 0, zone: 0, region: 0, other: 0 };
const far = { node: 0, rack: 0, zone: 0, region: 0, other: 1 };

const explanation: Explanation = {
  pod: { namespace: "core", name: "amf-x", workload: "core/amf" },
  plugin: "locality",
  worthUnit: "bytes",
  filter: { nodesTotal: 3, rejected: { c: "its link is full" } },
  prioritize: {
    ageMs: 1500,
    telemetryAgeMs: 200,
    why: { text: "a (score 10 of 10): 500 B/s with core/udm stays on the node" },
    replicas: { replicas: 1, replicasByNode: { b: 1 } },
    splitAssumed: "Evenly.",
    remarks: ["weft.dev/talks-to: ghost.core is nowhere"],
    flowsTotal: 2,
    flows: [{ peer: "core/udm", bytesPerSecond: 500, origin: "annotation", replicas: 1, replicasByNode: { a: 1 } }],
    nodesTotal: 3,
    nodes: [nodeRow("a", 10, 0, near), { ...nodeRow("b", 0, 5000, far), costOfOthers: 700 }],
  },
  bind: { node: "a", error: "pod is gone" },
  outcome: { state: "bound", text: "bound to b although a was better" },
};

function nodeRow(node: string, score: number, cost: number, split: typeof near) {
  const bytesPerSecondByLocality = { ...split, node: 500 * split.node, other: 500 * split.other };
  const costs = [{ peer: "core/udm", bytesPerSecond: 500, cost, split }];
  return { node, score, cost, bytesPerSecondByLocality, costs, isKnown: true };
}

test("an explanation is printed as tables of flows and of nodes, each peer's part below its node", () => {
  expect(explainTable(explanation).split("\n")).toEqual([
    "pod core/amf-x of core/amf, plugin locality",
    "filtered out c: its link is full",
    "asked about 3 nodes 1.5 s ago, by flows read 0.2 s before",
    "best: a (score 10 of 10): 500 B/s with core/udm stays on the node",
    "other replicas of its workload: 1 b:1",
    "note: weft.dev/talks-to: ghost.core is nowhere",
    "",
    "flow with  bytes/s  source      age  replicas  on",
    "core/udm   500      annotation       1         a:1",
    "... and 1 more flows",
    "",
    "node  score  with      bytes/s  cost  node   rack  zone  region  other",
    "a     10     all       500      0     100 %  0 %   0 %   0 %     0 %",
    "             core/udm  500      0     100 %  0 %   0 %   0 %     0 %",
    "b     0      all       500      5000  0 %    0 %   0 %   0 %     100 %",
    "             core/udm  500      5000  0 %    0 %   0 %   0 %     100 %",
    "             others             700",
    "... and 1 more nodes",
    "",
    "Costs are bytes/s times the cost of their distance. Evenly.",
    "",
    "binding to a failed: pod is gone",
    "outcome: bound to b although a was better",
    "",
  ]);
});

test("a neutral answer is printed with its reason", () => {
  const neutral = { reason: "flows-unknown", message: "no flow is known" };
  const prioritize = { ageMs: 0, neutral, flowsTotal: 0, flows: [], nodesTotal: 3, nodes: [] };
  const text = explainTable({
    ...explanation,
    filter: undefined,
    prioritize,
    bind: undefined,
    outcome: { state: "pending", text: "not bound yet" },
  });
  expect(text).toContain("no telemetry yet\nno preference (flows-unknown): no flow is known\noutcome: not bound yet\n");
});

test("names cannot steer the terminal", () => {
  const text = explainTable({ ...explanation, plugin: "\u001b[2Jnone", prioritize: undefined });
  expect(text).toContain("plugin ?[2Jnone\n");
});
