/** An explanation as people read it. */
import { localities } from "../core/model/locality.ts";
import type { Explanation } from "./explanation-schema.ts";

type Prioritize = NonNullable<Explanation["prioritize"]>;
type NodeRow = Prioritize["nodes"][number];
type Row = readonly string[];

export function explainTable({ pod, plugin, filter, prioritize, outcome }: Explanation): string {
  const head = `pod ${pod.namespace}/${pod.name} of ${pod.workload}, plugin ${plugin}`;
  const rejected = Object.entries(filter?.rejected ?? {}).map(([node, reason]) => `filtered out ${node}: ${reason}`);
  const scores = prioritize ? scoresOf(prioritize) : ["kube-scheduler has asked for no scores"];
  return [head, ...rejected, ...scores, outcomeOf(outcome), ""].map(printable).join("\n");
}

function scoresOf(prioritize: Prioritize): readonly string[] {
  const { ageMs, neutral, telemetryAgeMs, flows, flowsTotal, nodes, nodesTotal, remarks = [], pricing } = prioritize;
  const telemetry =
    telemetryAgeMs === undefined ? "no telemetry yet" : `by flows read ${seconds(telemetryAgeMs)} before`;
  return [
    `asked about ${nodesTotal} nodes ${seconds(ageMs)} ago, ${telemetry}`,
    ...(neutral ? [`no preference (${neutral.reason}): ${neutral.message}`] : []),
    ...remarks.map((remark) => `note: ${remark}`),
    ...(flows.length > 0 ? ["", ...table(flowRows(flows)), ...more(flows.length, flowsTotal, "flows")] : []),
    ...(nodes.length > 0 ? ["", ...table(nodeRows(nodes)), ...more(nodes.length, nodesTotal, "nodes")] : []),
    ...(nodes.length > 0 ? ["", `${costNote(pricing)} ${splitNote}`, ""] : []),
  ];
}

const splitNote = "The mesh is taken to split every flow evenly over replicas and as near as that allows.";

function costNote(pricing: Prioritize["pricing"]): string {
  const by = "Costs are bytes/s times";
  if (pricing?.source !== "measured") {
    const how = pricing === undefined ? "" : `, as configured${pricing.reason ? `: ${pricing.reason}` : ""}`;
    return `${by} the cost of their locality${how}.`;
  }
  const { pairs, ageMs } = pricing;
  const age = ageMs === undefined ? "" : `, last heard of ${seconds(ageMs)} before`;
  return `${by} ${pricing.unit}, as measured between ${pairs ?? "some"} pairs of nodes${age}.`;
}

function flowRows(flows: Prioritize["flows"]): readonly Row[] {
  const rows = flows.map(({ peer, bytesPerSecond, origin = "measured", ageMs, replicas, replicasByNode }) => {
    const standing = Object.entries(replicasByNode).map(([node, count]) => `${node}:${count}`);
    return [
      peer,
      rate(bytesPerSecond),
      origin,
      ageMs === undefined ? "" : seconds(ageMs),
      `${replicas}`,
      standing.join(" "),
    ];
  });
  return [["flow with", "bytes/s", "source", "age", "replicas", "on"], ...rows];
}

/** The node itself first, then each peer's part of its cost. */
function nodeRows(nodes: readonly NodeRow[]): readonly Row[] {
  const rows = nodes.flatMap(({ node, score, cost, bytesPerSecondByLocality: bytes, costs, isKnown }) => {
    const total = Object.values(bytes).reduce<number>((sum, each) => sum + Number(each), 0);
    const name = isKnown ? node : `${node} (unknown)`;
    return [
      [name, `${score}`, "all", rate(total), rate(cost), ...localities.map((at) => percent(bytes[at], total))],
      ...costs.map(({ peer, bytesPerSecond, cost: part, split }) => [
        "",
        "",
        peer,
        rate(bytesPerSecond),
        rate(part),
        ...localities.map((at) => percent(split[at], 1)),
      ]),
    ];
  });
  return [["node", "score", "with", "bytes/s", "cost", ...localities], ...rows];
}

function outcomeOf(outcome: Explanation["outcome"]): string {
  switch (outcome.state) {
    case "unseen":
      return "outcome: the cluster has no such pod now";
    case "pending":
      return "outcome: not bound yet";
    case "bound":
      return `outcome: bound to ${outcome.node}, ${verdictOf(outcome.verdict)}`;
  }
}

function verdictOf(verdict: Extract<Explanation["outcome"], { state: "bound" }>["verdict"]): string {
  switch (verdict.kind) {
    case "unscored":
      return "for which there was no score";
    case "best":
      return `which no node's score exceeded (${verdict.score})`;
    case "elsewhere":
      return `which scored ${verdict.score} where the best scored ${verdict.bestScore} (worth ${rate(verdict.worthBehindBest)} less)`;
  }
}

function table(rows: readonly Row[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

function more(shown: number, total: number, what: string): readonly string[] {
  return shown < total ? [`... and ${total - shown} more ${what}`] : [];
}

function rate(value: number): string {
  return value < 10 ? `${Number(value.toFixed(2))}` : value.toFixed(0);
}

function percent(part: number, whole: number): string {
  return whole > 0 ? `${((100 * part) / whole).toFixed(0)} %` : "-";
}

function seconds(durationMs: number): string {
  return `${(durationMs / 1000).toFixed(1)} s`;
}

/** Names come over the network: nothing of them may steer the terminal. */
function printable(line: string): string {
  return line.replaceAll(/\p{Cc}/gu, "?");
}
