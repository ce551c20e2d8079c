/** Answers the extender's questions; knows nothing of HTTP. */
import type { DelayTable } from "../core/graph/delay-table.ts";
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import { messageOf } from "../core/model/weft-error.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import { type Anchor, anchorScores } from "./anchor-node.ts";
import { type Asked, type Question, questionFor } from "./ask-plugin.ts";
import { bestNode } from "./best-node.ts";
import type { DecisionLog, FilterDecision, PrioritizeDecision } from "./decision-log.ts";
import { enabledJudges } from "./enabled-judges.ts";
import { createAnchorFinder, type FindAnchor } from "./find-anchor.ts";
import type { IntendedNode, IntendedNodes } from "./intended-nodes.ts";
import type { LatencyFilter } from "./latency-filter.ts";
import { LinkFilter } from "./link-filter.ts";
import type { NeutralReason } from "./neutral.ts";
import { judgeNodes, type NodeJudge, type Rejection } from "./node-judge.ts";
import type { AssumedPods } from "./placement/assumed-pods.ts";
import type { ClusterState } from "./placement/cluster-state.ts";
import type { CurrentCosts } from "./placement/current-costs.ts";
import { nothingExpected } from "./placement/demand-prior.ts";
import type { PlanAdvice } from "./placement/groups/plan-advice.ts";
import { plannedScores } from "./placement/groups/planned-scores.ts";
import { NodeFinder } from "./placement/node-finder.ts";
import type { AdvisePlan } from "./planning/plan-advisor.ts";
import { scorePlugins } from "./plugins/registry.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";
import type { WatchedCluster } from "./watched-cluster.ts";
import type { WatchedDemand } from "./watched-demand.ts";
import type { AskedPod, BindingArgs, ExtenderArgs, PreemptionArgs } from "./wire/parse-args.ts";
import type { MetaVictims } from "./wire/read-victims.ts";

/** Has the API server bind a pod. @throws WeftError kubernetes-* */
export type BindPod = (binding: BindingArgs) => Promise<void>;

export interface PlacerDeps {
  readonly cluster: WatchedCluster;
  readonly graph: FlowGraph;
  readonly delays: DelayTable;
  readonly costs: CurrentCosts;
  readonly latencies: LatencyFilter;
  readonly assumed: AssumedPods;
  readonly demand: WatchedDemand;
  readonly decisions: DecisionLog;
  /** Where pods that take the place of moved ones are to go; what it says goes before plans of groups. */
  readonly intended?: IntendedNodes | undefined;
  /** What plans of groups say. */
  readonly advise: AdvisePlan;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: SchedulerConfig;
  /** Without it the bind verb answers that this extender does not bind. */
  readonly bindPod?: BindPod | undefined;
}

export class Placer {
  readonly #deps: PlacerDeps;
  readonly #judges: readonly NodeJudge[];
  readonly #finder = new NodeFinder();
  readonly #findAnchor: FindAnchor;

  constructor(deps: PlacerDeps) {
    this.#deps = deps;
    this.#findAnchor = createAnchorFinder(deps);
    const { graph, assumed, latencies, cluster, log, config } = deps;
    const usableBytesPerSecond = (node: string) => {
      const link = cluster.node(node)?.linkBytesPerSecond;
      return link === undefined ? undefined : link * config.linkFilter.utilisationMax;
    };
    this.#judges = enabledJudges(
      {
        links: new LinkFilter({ graph, assumed, usableBytesPerSecond }),
        latencies,
        ask: (pod, nodeNames) => this.#ask(pod, nodeNames),
        state: () => this.#state(),
        log,
      },
      config,
    );
  }

  /** Nodes that do not fit, and why: none unless a filter is on. Never throws. */
  filter({ pod, nodeNames }: ExtenderArgs): ReadonlyMap<string, Rejection> {
    const { clock, assumed, decisions } = this.#deps;
    assumed.forget(podKeyOf(pod));
    const { rejected, advice } = this.#rejectedByPlan(pod, nodeNames, judgeNodes(this.#judges, pod, nodeNames));
    decisions.record(pod, { filter: { atMs: clock.nowMs(), nodeCount: nodeNames.length, rejected, advice } });
    // With one node left kube-scheduler asks for no scores: this was the decision.
    if (nodeNames.length - rejected.size === 1) {
      const only = nodeNames.find((node) => !rejected.has(node));
      if (only !== undefined) this.#assume(pod, only);
    }
    return rejected;
  }

  /** What hard limits say of one node. Never throws. */
  rejectionOf(pod: AskedPod, node: string): Rejection | undefined {
    return judgeNodes(this.#judges, pod, [node]).get(node);
  }

  /** One integer from 0 to 10 for each node; all 0 when neutral. Never throws. */
  prioritize({ pod, nodeNames }: ExtenderArgs): PrioritizeDecision {
    const { clock, graph, assumed, decisions } = this.#deps;
    const nowMs = clock.nowMs();
    const telemetryAgeMs = graph.lastReadingAtMs === undefined ? undefined : nowMs - graph.lastReadingAtMs;
    assumed.forget(podKeyOf(pod));
    const scored = this.#scored(pod, nodeNames, nowMs);
    const strangers = strangersOf(nodeNames, scored.question);
    const planned = this.#planned(pod, nodeNames, scored);
    const answer = { ...scored, ...planned, atMs: nowMs, nodeCount: nodeNames.length, strangers, telemetryAgeMs };
    if (answer.assumedNode !== undefined) this.#assume(pod, answer.assumedNode);
    decisions.record(pod, { prioritize: answer });
    return answer;
  }

  /** The error to answer with; empty when the pod is bound. */
  async bind(binding: BindingArgs): Promise<string> {
    const { clock, decisions, bindPod } = this.#deps;
    const known = decisions.get(`${binding.namespace}/${binding.name}`)?.pod;
    const pod = known?.uid === binding.uid ? known : undefined;
    if (pod) this.#assume(pod, binding.node);
    const error = bindPod
      ? await failureOf(() => bindPod(binding))
      : "this extender does not bind: leave bindVerb empty";
    if (error !== "" && pod) this.#deps.assumed.forget(podKeyOf(pod));
    if (pod) decisions.record(pod, { bind: { atMs: clock.nowMs(), node: binding.node, error } });
    return error;
  }

  /** All proposals but those on nodes where no eviction could help. */
  preempt({ pod, victims }: PreemptionArgs): readonly (readonly [node: string, victims: MetaVictims])[] {
    const hopeless = this.#judges.map((judge) => judge.hopeless(pod, [...victims.keys()]));
    return [...victims].filter(([node]) => !hopeless.some((reasons) => reasons.has(node)));
  }

  /** Besides what judges reject, all but the planned node, where plans filter and that is among those left. */
  #rejectedByPlan(
    pod: AskedPod,
    nodeNames: readonly string[],
    judged: ReadonlyMap<string, Rejection>,
  ): Pick<FilterDecision, "rejected" | "advice"> {
    if (!this.#deps.config.groupPlan.isFiltering) return { rejected: judged };
    const left = judged.size === 0 ? nodeNames : nodeNames.filter((node) => !judged.has(node));
    if (this.#intendedFor(pod, left)) return { rejected: judged };
    const advice = this.#advice(pod, left);
    if (advice?.kind !== "planned") return { rejected: judged, advice };
    const reason = `the plan of ${advice.plan.name} has the pod on ${advice.node}`;
    const rejection: Rejection = { by: "plan", reason, canEvictionHelp: true };
    const others = left.filter((node) => node !== advice.node);
    return { rejected: new Map([...judged, ...others.map((node) => [node, rejection] as const)]), advice };
  }

  /** The scores to answer with, and where the pod is assumed then: as it was decided before, or else as scored. */
  #planned(pod: AskedPod, nodeNames: readonly string[], { neutral, scoring, assumedNode }: Scored): Answered {
    const intended = this.#intendedFor(pod, nodeNames);
    const advice = intended ? undefined : this.#advice(pod, nodeNames);
    const own = neutral === undefined ? scoring?.scores : undefined;
    const node = intended?.node ?? (advice?.kind === "planned" ? advice.node : undefined);
    const anchor = node === undefined && neutral === "peers-unplaced" ? this.#anchor(pod, nodeNames) : undefined;
    if (anchor) {
      const answered = anchorScores(anchor, nodeNames);
      return { intended, advice, anchor, answered, assumedNode: anchor.node };
    }
    if (node === undefined) return { intended, advice, answered: own, assumedNode };
    const answered = plannedScores(own, nodeNames.length, nodeNames.indexOf(node));
    return { intended, advice, answered, assumedNode: node };
  }

  /** The published plugin, to compare with, has none. */
  #anchor(pod: AskedPod, nodeNames: readonly string[]): Anchor | undefined {
    const { config, clock, log } = this.#deps;
    if (config.plugin !== "locality") return undefined;
    try {
      return this.#findAnchor(pod, nodeNames, clock.nowMs());
    } catch (error) {
      log.error("where the pod's peers could follow it to could not be told", { pod: podKeyOf(pod), error });
      return undefined;
    }
  }

  /** Only among the nodes that kube-scheduler asks about: on others the pod does not fit. */
  #intendedFor(pod: AskedPod, nodeNames: readonly string[]): IntendedNode | undefined {
    try {
      const found = this.#deps.intended?.nodeFor(pod);
      return found && nodeNames.includes(found.node) ? found : undefined;
    } catch (error) {
      this.#deps.log.error("what a pod is meant for could not be told", { pod: podKeyOf(pod), error });
      return undefined;
    }
  }

  #advice(pod: AskedPod, nodeNames: readonly string[]): PlanAdvice | undefined {
    try {
      return this.#deps.advise(pod, nodeNames);
    } catch (error) {
      this.#deps.log.error("a plan could not be followed", { pod: podKeyOf(pod), error });
      return undefined;
    }
  }

  #scored(pod: AskedPod, nodeNames: readonly string[], nowMs: number): Scored {
    try {
      const asked = this.#ask(pod, nodeNames, () => this.#deps.demand.expectedOf(pod), nowMs);
      if (asked.kind === "neutral") return neutral(asked.reason, asked.remarks);
      const { question, remarks } = asked;
      const scoring = scorePlugins[this.#deps.config.plugin].score(question);
      if (nodeNames.length > 1 && areAlike(scoring.scores))
        return { ...neutral("nodes-alike", remarks), question, scoring };
      return { neutral: undefined, assumedNode: bestNode(pod, nodeNames, scoring), question, scoring, remarks };
    } catch (error) {
      this.#deps.log.error("scoring failed", { pod: podKeyOf(pod), error });
      return neutral("internal-failure");
    }
  }

  /** By measured flows alone unless told what to expect: a guess may make a node better or worse, but rules none out. */
  #ask(
    pod: AskedPod,
    nodeNames: readonly string[],
    expected = () => nothingExpected,
    nowMs = this.#deps.clock.nowMs(),
  ): Asked {
    const { graph, delays, costs, assumed, config } = this.#deps;
    const knowledge = {
      graph,
      delays,
      costs,
      assumed,
      finder: this.#finder,
      state: this.#state(nowMs),
      nowMs,
      expected,
    };
    return questionFor(pod.workload, nodeNames, knowledge, config);
  }

  #state(nowMs = this.#deps.clock.nowMs()): ClusterState | undefined {
    return this.#deps.cluster.hasSynced ? this.#deps.cluster.current(nowMs) : undefined;
  }

  #assume({ namespace, name, uid, workload }: AskedPod, node: string): void {
    const { assumed, cluster, clock } = this.#deps;
    const isSeen = cluster.sightOf(`${namespace}/${name}`, uid) !== "absent";
    assumed.assume({ namespace, name, uid, workload, node, isSeen }, clock.nowMs());
  }
}

type Answered = Pick<PrioritizeDecision, "intended" | "advice" | "anchor" | "answered" | "assumedNode">;
type Scored = Pick<PrioritizeDecision, "neutral" | "assumedNode" | "question" | "scoring" | "remarks">;

function neutral(reason: NeutralReason, remarks: readonly string[] = []): Scored {
  return { neutral: reason, assumedNode: undefined, question: undefined, scoring: undefined, remarks };
}

/** A decision that kept the request's own thousands of names would keep them all in memory. */
function strangersOf(nodeNames: readonly string[], question: Question | undefined): ReadonlyMap<number, string> {
  const strangers = new Map<number, string>();
  if (!question) return strangers;
  for (let i = 0; i < question.candidates.length; i++)
    if ((question.candidates[i] ?? 0) < 0) strangers.set(i, nodeNames[i] ?? "");
  return strangers;
}

function areAlike(scores: Uint8Array): boolean {
  return scores.every((score) => score === scores[0]);
}

async function failureOf(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return "";
  } catch (error) {
    return messageOf(error) || "failed";
  }
}

function podKeyOf({ namespace, name }: AskedPod): string {
  return `${namespace}/${name}`;
}
