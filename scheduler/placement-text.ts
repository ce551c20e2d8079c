/** Why a pod is where it is, in a sentence: for events and explanations. */
import { byteRateText } from "../core/model/byte-rate-text.ts";
import type { FlowDifference } from "./compare-nodes.ts";
import { adviceOf, type PodDecision } from "./decision-log.ts";
import { neutralReasons } from "./neutral.ts";
import type { ElsewhereVerdict, OffPlanVerdict, Outcome } from "./outcome.ts";
import { scorePlugins } from "./plugins/registry.ts";
import { scoreMax } from "./plugins/score-plugin.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";
import { type Why, whyNode } from "./why-placed.ts";

export type TextConfig = Pick<SchedulerConfig, "plugin" | "extenderWeight">;

/** `n3 (score 10 of 10): 1.2 MB/s with core/udm (measured) stays on the node; the best other node n1 would cost ...` */
export function whyText(why: Why, { plugin }: TextConfig): string {
  const { node, score, equals, nextNode, worthAhead, flows } = why;
  const others = equals === 0 ? "" : `, as ${equals} other node${equals === 1 ? "" : "s"}`;
  const head = `${node} (score ${score} of ${scoreMax}${others})`;
  if (nextNode === undefined) return `${node}, the only node that kube-scheduler asked about`;
  const next = equals === 0 ? "the best other node" : "the next best node";
  const behind = scorePlugins[plugin].behind(byteRateText(worthAhead));
  return `${head}: ${flowsText(flows, "stays")}; ${next} ${nextNode} ${behind}`;
}

export function outcomeText(outcome: Outcome, decision: PodDecision, config: TextConfig): string {
  switch (outcome.state) {
    case "unseen":
      return "the cluster has no such pod now";
    case "pending":
      return "not bound yet";
    case "bound":
      break;
  }
  const { node, verdict } = outcome;
  const { prioritize } = decision;
  const plan = prioritize?.intended?.why ?? `the plan of ${adviceOf(decision)?.plan.name}`;
  if (verdict.kind === "planned") return `placed on ${node} by ${plan}`;
  if (verdict.kind === "off-plan") return offPlanText(node, verdict, plan, config);
  if (prioritize?.neutral) return `bound to ${node}, with no preference: ${neutralReasons[prioritize.neutral]}`;
  switch (verdict.kind) {
    case "unscored":
      return `bound to ${node}, for which kube-scheduler asked for no score`;
    case "elsewhere":
      return elsewhereText(node, verdict, config);
    case "best": {
      const why = whyNode(prioritize, node, config.plugin);
      return why ? `placed on ${whyText(why, config)}` : `bound to ${node}`;
    }
  }
}

function offPlanText(
  node: string,
  { plannedNode, pointsPerWeight }: OffPlanVerdict,
  plan: string,
  config: TextConfig,
): string {
  const head = `bound to ${node} although ${plan} had it on ${plannedNode}`;
  if (pointsPerWeight === undefined) return head;
  return `${head}; kube-scheduler's other scores outweighed that, by at least ${pointsText(pointsPerWeight, config)}`;
}

function pointsText(pointsPerWeight: number, { extenderWeight }: TextConfig): string {
  return extenderWeight === undefined
    ? `${pointsPerWeight} points for each unit of the extender's weight`
    : `${pointsPerWeight * extenderWeight} points at extender weight ${extenderWeight}`;
}

function elsewhereText(node: string, verdict: ElsewhereVerdict, config: TextConfig): string {
  const { score, bestNode, bestScore, worthBehindBest, flows, pointsPerWeight } = verdict;
  const behind = scorePlugins[config.plugin].behind(byteRateText(worthBehindBest));
  return (
    `bound to ${node} (score ${score} of ${scoreMax}) although ${bestNode} (score ${bestScore}) was better: ` +
    `${flowsText(flows, "would stay")}; ${node} ${behind}; kube-scheduler's other scores outweighed that, by at least ${pointsText(pointsPerWeight, config)}`
  );
}

const FLOWS_NAMED_MAX = 3;
/** Flows that make so much of the difference together are enough. */
const SHARE_NAMED = 0.8;

function flowsText(flows: readonly FlowDifference[], stays: "stays" | "would stay"): string {
  const speaking = flows.filter(({ worthAhead }) => worthAhead > 0);
  const all = speaking.reduce((sum, { worthAhead }) => sum + worthAhead, 0);
  const named: string[] = [];
  let said = 0;
  for (const flow of speaking) {
    if (named.length >= FLOWS_NAMED_MAX || said >= SHARE_NAMED * all) break;
    named.push(flowText(flow, stays));
    said += flow.worthAhead;
  }
  return named.join(", ");
}

const withinText = { node: "on the node", rack: "in the rack", zone: "in the zone", region: "in the region" };

function flowText({ peer, bytesPerSecond, origin, within, share, otherShare }: FlowDifference, stays: string): string {
  const flow = `${byteRateText(bytesPerSecond)} with ${peer} (${origin})`;
  if (share <= otherShare) return flow;
  const part = share > 0.995 ? "" : `${Math.round(100 * share)} % of `;
  return `${part}${flow} ${stays} ${withinText[within]}`;
}
