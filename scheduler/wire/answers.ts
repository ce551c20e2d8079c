/**
 * Writes what kube-scheduler 1.36 reads from an extender. Two traps: a score that is not an integer voids the whole list, and
 * `NodeNames: null` means that no node fits.
 * Source: k8s.io/kube-scheduler/extender/v1, types.go
 */
import type { Topology } from "../../core/model/topology.ts";
import { scoreMax } from "../plugins/score-plugin.ts";
import type { ExtenderArgs } from "./parse-args.ts";
import type { MetaVictims } from "./read-victims.ts";

/** Node names and why they do not fit. kube-scheduler looks for pods to evict on none that it is told is unresolvable. */
export type FailedNodes = ReadonlyMap<string, { readonly reason: string; readonly canEvictionHelp: boolean }>;

export function filterAnswer({ nodeNames, nodes }: ExtenderArgs, failed: FailedNodes): string {
  const reasons = (canEvictionHelp: boolean) =>
    Object.fromEntries(
      [...failed].flatMap(([node, why]) => (why.canEvictionHelp === canEvictionHelp ? [[node, why.reason]] : [])),
    );
  const fits = (node: string) => !failed.has(node);
  const fittingNodes = nodes && { ...nodes, items: nodes.items.filter(({ metadata }) => fits(metadata.name)) };
  return JSON.stringify({
    Nodes: fittingNodes ?? null,
    NodeNames: failed.size === 0 ? nodeNames : nodeNames.filter(fits),
    FailedNodes: reasons(true),
    FailedAndUnresolvableNodes: reasons(false),
    Error: "",
  });
}

/** Whether nodes that score 0 are in the answer. */
export const zeroScores = ["listed", "left-out"] as const;
export type ZeroScores = (typeof zeroScores)[number];

/**
 * One string, put together once: with thousands of nodes an object for each would cost more than the scores. kube-scheduler adds
 * nothing for a node that is left out, as for one that scores 0; but of nodes with equal totals it then takes one in its own order, as
 * without an extender, where it draws lots among those that are listed (pkg/scheduler/schedule_one.go, prioritizeNodes, v1.36.2).
 */
export function prioritizeAnswer(
  nodeNames: readonly string[],
  scores: ArrayLike<number>,
  { zeroScores, hosts }: { readonly zeroScores: ZeroScores; readonly hosts?: HostTexts },
): string {
  const isListed = (at: number) => zeroScores === "listed" || (scores[at] ?? 0) > 0;
  let last = nodeNames.length - 1;
  while (last >= 0 && !isListed(last)) last -= 1;
  if (last < 0) return "[]";
  let text = "[";
  for (let i = 0; i <= last; i++) {
    if (!isListed(i)) continue;
    const host = hosts?.texts[hosts.candidates[i] ?? -1] ?? hostText(nodeNames[i] ?? "");
    text += host + ((i < last ? innerEnds : lastEnds)[scores[i] ?? 0] ?? "");
  }
  return text;
}

const innerEnds = scoreEnds("},");
const lastEnds = scoreEnds("}]");

function scoreEnds(end: string): readonly string[] {
  return Array.from({ length: scoreMax + 1 }, (_, score) => `${score}${end}`);
}

/** The beginnings of known nodes' entries by node index, and the indexes of the asked nodes. */
export interface HostTexts {
  readonly texts: readonly string[];
  readonly candidates: Int32Array;
}

export function hostTexts(topology: Topology): readonly string[] {
  return topology.names.map(hostText);
}

export function bindAnswer(error: string): string {
  return JSON.stringify({ Error: error });
}

export function preemptAnswer(victims: Iterable<readonly [node: string, victims: MetaVictims]>): string {
  let entries = "";
  for (const [node, { uids, pdbViolations }] of victims) {
    const pods = uids.map((uid) => `{"UID":${JSON.stringify(uid)}}`).join(",");
    const separator = entries === "" ? "" : ",";
    entries += `${separator}${JSON.stringify(node)}:{"Pods":[${pods}],"NumPDBViolations":${pdbViolations}}`;
  }
  return `{"NodeNameToMetaVictims":{${entries}}}`;
}

function hostText(node: string): string {
  return `{"Host":${JSON.stringify(node)},"Score":`;
}
