/** Why a pod got the scores it got: `GET /v1/explain/{namespace}/{pod}`. */
import { setImmediate } from "node:timers/promises";
import type { ReplicaCounts } from "../core/model/replica-counts.ts";
import type { TalkingPeer } from "./ask-plugin.ts";
import type { PodDecision, PrioritizeDecision } from "./decision-log.ts";
import { type ExplainedNode, nodeExplainer } from "./explain-node.ts";
import { explainPlan } from "./explain-plan.ts";
import { explainPricing } from "./explain-pricing.ts";
import { neutralReasons } from "./neutral.ts";
import type { Outcome } from "./outcome.ts";
import type { PlanObjective } from "./placement/groups/group-plan.ts";
import { outcomeText, type TextConfig, whyText } from "./placement-text.ts";
import { scorePlugins } from "./plugins/registry.ts";
import { whyBest } from "./why-placed.ts";

export interface ExplainLimits {
  /** Nodes, best first. */
  readonly nodesMax: number;
  /** Flows, largest first; of each as many nodes where the peer stands. */
  readonly flowsMax: number;
}

const NODES_AT_A_TIME = 50;

const SPLIT_ASSUMED =
  "Every flow is split evenly over the replicas at both of its ends, this pod among them, and as near as that allows.";

export interface ExplainContext {
  readonly config: TextConfig;
  readonly nowMs: number;
  /** What became of the pod. */
  readonly outcome: Outcome;
  /** Of the plan of its group, if it has one. */
  readonly objective: PlanObjective | undefined;
}

export async function explain(decision: PodDecision, context: ExplainContext, limits: ExplainLimits) {
  const { config, nowMs, outcome, objective } = context;
  const { pod, filter, prioritize, bind } = decision;
  const { plugin } = config;
  return {
    pod: { namespace: pod.namespace, name: pod.name, uid: pod.uid, workload: pod.workload },
    plugin,
    worthUnit: scorePlugins[plugin].worthUnit,
    filter: filter && {
      ageMs: nowMs - filter.atMs,
      nodesTotal: filter.nodeCount,
      rejected: Object.fromEntries(
        [...filter.rejected].slice(0, limits.nodesMax).map(([node, { reason }]) => [node, reason]),
      ),
      plan: filter.advice && explainPlan(filter.advice, nowMs, objective),
    },
    prioritize: prioritize && {
      ...(await explainScores(prioritize, nowMs, limits)),
      plan: prioritize.advice && explainPlan(prioritize.advice, nowMs, objective),
      why: explainWhy(prioritize, config),
    },
    bind: bind && { ageMs: nowMs - bind.atMs, node: bind.node, error: bind.error },
    outcome: { ...outcome, text: outcomeText(outcome, decision, config) },
  };
}

/** What the best node has before the next one. */
function explainWhy(decision: PrioritizeDecision, config: TextConfig) {
  const why = whyBest(decision, config.plugin);
  return why && { ...why, text: whyText(why, config) };
}

async function explainScores(decision: PrioritizeDecision, nowMs: number, limits: ExplainLimits) {
  const { atMs, neutral, assumedNode, telemetryAgeMs, nodeCount, question, remarks, intended, anchor } = decision;
  const flows = question ? [...question.peers].sort((a, b) => b.bytesPerSecond - a.bytesPerSecond) : [];
  return {
    ageMs: nowMs - atMs,
    telemetryAgeMs,
    neutral: neutral && { reason: neutral, message: neutralReasons[neutral] },
    remarks,
    intended,
    anchor,
    assumedNode,
    pricing: question && explainPricing(question, atMs),
    replicas: question && standing(question.own, limits.flowsMax),
    splitAssumed: question && SPLIT_ASSUMED,
    flowsTotal: flows.length,
    flows: flows.slice(0, limits.flowsMax).map((peer) => explainFlow(peer, atMs, limits)),
    nodesTotal: nodeCount,
    nodes: await explainNodes(decision, limits),
  };
}

function explainFlow(peer: TalkingPeer, atMs: number, { flowsMax }: ExplainLimits) {
  const { workload, bytesPerSecond, sentBytesPerSecond, receivedBytesPerSecond, lastAtMs, origin, replicas } = peer;
  const rates = { bytesPerSecond, sentBytesPerSecond, receivedBytesPerSecond };
  const ageMs = lastAtMs === undefined ? undefined : Math.max(0, atMs - lastAtMs);
  return { peer: workload, ...rates, origin, ageMs, ...standing(replicas, flowsMax) };
}

function standing(replicas: ReplicaCounts, nodesMax: number) {
  const byNode = [...replicas.entries()].sort(([, a], [, b]) => b - a);
  return { replicas: replicas.total, replicasByNode: Object.fromEntries(byNode.slice(0, nodesMax)) };
}

/** Thousands of nodes take a while: whoever else asks has a turn in between. */
async function explainNodes(decision: PrioritizeDecision, { nodesMax, flowsMax }: ExplainLimits) {
  const explainNode = nodeExplainer(decision, flowsMax);
  const nodes: ExplainedNode[] = [];
  if (!explainNode) return nodes;
  for (const place of bestFirst(decision).slice(0, nodesMax)) {
    nodes.push(explainNode(place));
    if (nodes.length % NODES_AT_A_TIME === 0) await setImmediate();
  }
  return nodes;
}

/** Places in the question; none where no plugin was asked, since all nodes are the same then. */
function bestFirst({ scoring }: PrioritizeDecision): readonly number[] {
  const worthOf = (index: number) => scoring?.worth[index] ?? 0;
  return Array.from(scoring?.worth ?? [], (_, index) => index).sort((a, b) => worthOf(b) - worthOf(a));
}
