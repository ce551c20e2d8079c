/** On which nodes a pod may stand by the nodes' own labels, names and taints. */
import type { ClusterNode } from "../../../core/model/cluster-node.ts";
import { meetsOneTerm } from "../../../core/model/node-affinity.ts";
import type { PodConstraints } from "../../../core/model/pod-constraints.ts";
import type { SpreadConstraint } from "../../../core/model/spread-constraint.ts";
import { isKeepingOff, notReadyTaint, type Taint, tolerates, unschedulableTaint } from "../../../core/model/taint.ts";
import type { ClusterNodes } from "./cluster-nodes.ts";

/** By node, 1 where the answer is yes. */
export type NodeSet = Uint8Array;

export class NodeFilter {
  readonly #nodes: readonly ClusterNode[];
  readonly #known = new Map<string, NodeSet>();

  constructor({ list }: ClusterNodes) {
    this.#nodes = list;
  }

  /** Where kube-scheduler would put the pod if it were alone in the cluster and every node were empty. */
  allowing(constraints: PodConstraints = {}): NodeSet {
    const { nodeSelector, nodeTerms, tolerations = [], spread = [], near = [] } = constraints;
    const labels = [...spread, ...near].map(({ topologyKey }) => topologyKey);
    const key = JSON.stringify(["allowing", nodeSelector, nodeTerms, tolerations, labels]);
    return this.#remembered(
      key,
      (node) =>
        labels.every((label) => node.labels[label] !== undefined) &&
        meetsOwnWord(node, constraints) &&
        taintsOf(node).every((taint) => tolerates(tolerations, taint)),
    );
  }

  /** Nodes whose pods count for a spread constraint. Source: podtopologyspread/common.go, `matchNodeInclusionPolicies`. */
  counting(constraints: PodConstraints, spread: SpreadConstraint): NodeSet {
    const { nodeSelector, nodeTerms, tolerations = [] } = constraints;
    const { nodeAffinityPolicy, nodeTaintsPolicy } = spread;
    const labels = (constraints.spread ?? []).map(({ topologyKey }) => topologyKey);
    const policies = [nodeAffinityPolicy, nodeTaintsPolicy];
    const key = JSON.stringify(["counting", nodeSelector, nodeTerms, tolerations, labels, policies]);
    return this.#remembered(
      key,
      (node) =>
        labels.every((label) => node.labels[label] !== undefined) &&
        (nodeAffinityPolicy === "Ignore" || meetsOwnWord(node, constraints)) &&
        (nodeTaintsPolicy === "Ignore" || countedTaints(node).every((taint) => tolerates(tolerations, taint))),
    );
  }

  #remembered(key: string, isIn: (node: ClusterNode) => boolean): NodeSet {
    const known = this.#known.get(key);
    if (known) return known;
    const set = Uint8Array.from(this.#nodes, (node) => (isIn(node) ? 1 : 0));
    this.#known.set(key, set);
    return set;
  }
}

function meetsOwnWord(node: ClusterNode, { nodeSelector = {}, nodeTerms }: PodConstraints): boolean {
  const hasLabels = Object.entries(nodeSelector).every(([key, value]) => node.labels[key] === value);
  return hasLabels && (nodeTerms === undefined || meetsOneTerm(node, nodeTerms));
}

/** A node that says of itself that it is not ready or not schedulable has the taint that a controller is about to give it. */
function taintsOf({ taints = [], isSchedulable, isReady }: ClusterNode): Taint[] {
  const own = taints.filter(isKeepingOff);
  if (!isSchedulable) own.push(unschedulableTaint);
  if (isReady === false) own.push(notReadyTaint);
  return own;
}

/**
 * Every pod bears a failing node for some minutes, by tolerations that Weft does not read, so that such a node counts: the
 * fewer pods the emptiest domain has, the stricter.
 */
function countedTaints({ taints = [] }: ClusterNode): Taint[] {
  const passing = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
  return taints.filter(
    (taint) => isKeepingOff(taint) && !(taint.effect === "NoExecute" && passing.includes(taint.key)),
  );
}
