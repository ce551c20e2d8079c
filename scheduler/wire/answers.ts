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

/**
 * One string, put together once: with thousands of nodes an object for each would cost more than the scores. Zeros are told, too:
 * kube-scheduler breaks ties by chance only among nodes that an extender has named.
 */
export function prioritizeAnswer(nodeNames: readonly string[], scores: ArrayLike<number>, hosts?: HostTexts): string {
  if (nodeNames.length === 0) return "[]";
  let text = "[";
  const last = nodeNames.length - 1;
  for (let i = 0; i <= last; i++) {
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
