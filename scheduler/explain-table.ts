/** An explanation as people read it. */
import { localities } from "../core/model/locality.ts";
import { printable, textTable } from "../core/model/text-table.ts";
import type { Explanation } from "./explanation-schema.ts";

type Prioritize = NonNullable<Explanation["prioritize"]>;
type NodeRow = Prioritize["nodes"][number];
type Row = readonly string[];

export function explainTable({ pod, plugin, filter, prioritize, bind, outcome }: Explanation): string {
  const head = `pod ${pod.namespace}/${pod.name} of ${pod.workload}, plugin ${plugin}`;
  const rejected = Object.entries(filter?.rejected ?? {}).map(([node, reason]) => `filtered out ${node}: ${reason}`);
  const unscored = ["kube-scheduler has asked for no scores", ...(filter?.plan ? [planOf(filter.plan)] : [])];
  const scores = prioritize ? scoresOf(prioritize) : unscored;
  const binding = bind && bind.error !== "" ? [`binding to ${bind.node} failed: ${bind.error}`] : [];
  return [head, ...rejected, ...scores, ...binding, `outcome: ${outcome.text ?? outcome.state}`, ""]
    .map(printable)
    .join("\n");
}

function scoresOf(prioritize: Prioritize): readonly string[] {
  const { ageMs, neutral, telemetryAgeMs, flows, flowsTotal, nodes, nodesTotal, remarks = [], pricing } = prioritize;
  const { replicas, why, plan, intended, anchor, splitAssumed = "" } = prioritize;
  const telemetry =
    telemetryAgeMs === undefined ? "no telemetry yet" : `by flows read ${seconds(telemetryAgeMs)} before`;
  return [
    `asked about ${nodesTotal} nodes ${seconds(ageMs)} ago, ${telemetry}`,
    ...(plan ? [planOf(plan)] : []),
    ...(neutral ? [`no preference (${neutral.reason}): ${neutral.message}`] : []),
    ...(intended ? [`meant for ${intended.node}: ${intended.why}`] : []),
    ...(anchor ? [anchorOf(anchor)] : []),
    ...(why ? [`${intended ? "best by its flows" : "best"}: ${why.text}`] : []),
    ...(replicas ? [`other replicas of its workload: ${replicas.replicas} ${standing(replicas)}`.trimEnd()] : []),
    ...remarks.map((remark) => `note: ${remark}`),
    ...(flows.length > 0 ? ["", ...textTable(flowRows(flows)), ...more(flows.length, flowsTotal, "flows")] : []),
    ...(nodes.length > 0 ? ["", ...textTable(nodeRows(nodes)), ...more(nodes.length, nodesTotal, "nodes")] : []),
    ...(nodes.length > 0 ? ["", `${costNote(pricing)} ${splitAssumed}`.trimEnd(), ""] : []),
  ];
}

function anchorOf({ node, beside }: NonNullable<Prioritize["anchor"]>): string {
  const why = beside === undefined ? "it has most room for those that follow" : `its peers' traffic leads to ${beside}`;
  return `anchored on ${node}: ${why}`;
}

function planOf({ node, group, pods, ageMs, message, objective }: NonNullable<Prioritize["plan"]>): string {
  const plan = `plan of ${group}, ${pods} pods, ${seconds(ageMs)} old: ${node}`;
  const { planned, oneByOne } = objective ?? {};
  const worth =
    planned === undefined || oneByOne === undefined
      ? ""
      : `; a byte costs ${rate(planned)} on average, and ${rate(oneByOne)} had they been placed one by one`;
  return message === undefined ? `${plan}${worth}` : `${plan}, which was not gone by: ${message}`;
}

function costNote(pricing: Prioritize["pricing"]): string {
  const by = "Costs are bytes/s times";
  if (pricing?.source !== "measured") {
    const how = pricing === undefined ? "" : `, as configured${pricing.reason ? `: ${pricing.reason}` : ""}`;
    return `${by} the cost of their distance${how}.`;
  }
  const { pairs, ageMs } = pricing;
  const age = ageMs === undefined ? "" : `, last heard of ${seconds(ageMs)} before`;
  return `${by} ${pricing.unit}, as measured between ${pairs ?? "some"} pairs of nodes${age}.`;
}

function standing({ replicasByNode }: { readonly replicasByNode: Readonly<Record<string, number>> }): string {
  return Object.entries(replicasByNode)
    .map(([node, count]) => `${node}:${count}`)
    .join(" ");
}

function flowRows(flows: Prioritize["flows"]): readonly Row[] {
  const rows = flows.map(({ peer, bytesPerSecond, origin = "measured", ageMs, replicas, replicasByNode }) => [
    peer,
    rate(bytesPerSecond),
    origin,
    ageMs === undefined ? "" : seconds(ageMs),
    `${replicas}`,
    standing({ replicasByNode }),
  ]);
  return [["flow with", "bytes/s", "source", "age", "replicas", "on"], ...rows];
}

/** The node itself first, then each peer's part of its cost. */
function nodeRows(nodes: readonly NodeRow[]): readonly Row[] {
  const rows = nodes.flatMap(({ node, score, cost, bytesPerSecondByLocality: bytes, costs, costOfOthers, isKnown }) => {
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
      ...(costOfOthers ? [["", "", "others", "", rate(costOfOthers)]] : []),
    ];
  });
  return [["node", "score", "with", "bytes/s", "cost", ...localities], ...rows];
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
