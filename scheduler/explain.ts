/** Why a pod got the scores it got: `GET /v1/explain/{namespace}/{pod}`. */
import { type Locality, localities } from "../core/model/locality.ts";
import type { ReplicaCounts } from "../core/model/replica-counts.ts";
import type { TalkingPeer } from "./ask-plugin.ts";
import { nodeAt } from "./asked-nodes.ts";
import type { PodDecision, PrioritizeDecision } from "./decision-log.ts";
import { explainPlan } from "./explain-plan.ts";
import { explainPricing } from "./explain-pricing.ts";
import { neutralReasons } from "./neutral.ts";
import type { Outcome } from "./outcome.ts";
import type { PlanObjective } from "./placement/groups/group-plan.ts";
import { outcomeText, type TextConfig, whyText } from "./placement-text.ts";
import { type LocalityShares, splitWith } from "./plugins/locality-shares.ts";
import { scorePlugins } from "./plugins/registry.ts";
import { whyBest } from "./why-placed.ts";

export interface ExplainLimits {
  /** Nodes, best first. */
  readonly nodesMax: number;
  /** Flows, largest first; of each as many nodes where the peer stands. */
  readonly flowsMax: number;
}

/** Whatever the limits, so that an answer has at most so many rows for each of its nodes. */
const COSTS_PER_NODE_MAX = 20;

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

export function explain(decision: PodDecision, context: ExplainContext, limits: ExplainLimits) {
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
      ...explainScores(prioritize, nowMs, limits),
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

function explainScores(decision: PrioritizeDecision, nowMs: number, limits: ExplainLimits) {
  const { atMs, neutral, assumedNode, telemetryAgeMs, nodeCount, question, remarks } = decision;
  const flows = question ? [...question.peers].sort((a, b) => b.bytesPerSecond - a.bytesPerSecond) : [];
  return {
    ageMs: nowMs - atMs,
    telemetryAgeMs,
    neutral: neutral && { reason: neutral, message: neutralReasons[neutral] },
    remarks,
    assumedNode,
    pricing: question && explainPricing(question, atMs),
    replicas: question && standing(question.own, limits.flowsMax),
    splitAssumed: question && SPLIT_ASSUMED,
    flowsTotal: flows.length,
    flows: flows.slice(0, limits.flowsMax).map((peer) => explainFlow(peer, atMs, limits)),
    nodesTotal: nodeCount,
    nodes: bestFirst(decision)
      .slice(0, limits.nodesMax)
      .flatMap((index) => explainNode(decision, index, limits) ?? []),
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

function explainNode(decision: PrioritizeDecision, index: number, { flowsMax }: ExplainLimits) {
  const { answered, question, scoring } = decision;
  if (!question || !scoring) return undefined;
  const candidate = question.candidates[index] ?? -1;
  const node = nodeAt(decision, index);
  const bytesPerSecondByLocality: Record<Locality, number> = { node: 0, rack: 0, zone: 0, region: 0, other: 0 };
  let cost = 0;
  const allCosts: NodeCost[] = [];
  for (const peer of question.peers) {
    const { shares: split, costPerByte } = splitWith(question, peer, candidate);
    for (const locality of localities) bytesPerSecondByLocality[locality] += peer.bytesPerSecond * split[locality];
    const ofPeer = peer.bytesPerSecond * costPerByte;
    cost += ofPeer;
    allCosts.push({ peer: peer.workload, bytesPerSecond: peer.bytesPerSecond, cost: ofPeer, split });
  }
  allCosts.sort((a, b) => b.bytesPerSecond - a.bytesPerSecond);
  const costs = allCosts.slice(0, Math.min(flowsMax, COSTS_PER_NODE_MAX));
  const neighbours = question.peers.filter(({ replicas }) => replicas.onNode(node) > 0);
  return {
    node,
    score: answered?.[index] ?? 0,
    worth: scoring.worth[index] ?? 0,
    cost,
    bytesPerSecondByLocality,
    costs,
    costOfOthers: allCosts.slice(costs.length).reduce((sum, { cost: each }) => sum + each, 0),
    isKnown: candidate >= 0,
    neighbours: neighbours
      .sort((a, b) => b.bytesPerSecond - a.bytesPerSecond)
      .slice(0, flowsMax)
      .map(({ workload, replicas }) => ({ workload, replicas: replicas.onNode(node) })),
  };
}

/** What the traffic with one peer would cost from a node. */
interface NodeCost {
  readonly peer: string;
  readonly bytesPerSecond: number;
  readonly cost: number;
  /** Which part goes how far under the split that the mesh is taken to use: balanced, and as near as it can be. */
  readonly split: LocalityShares;
}

/** Places in the question; none where no plugin was asked, since all nodes are the same then. */
function bestFirst({ scoring }: PrioritizeDecision): readonly number[] {
  const worthOf = (index: number) => scoring?.worth[index] ?? 0;
  return Array.from(scoring?.worth ?? [], (_, index) => index).sort((a, b) => worthOf(b) - worthOf(a));
}
