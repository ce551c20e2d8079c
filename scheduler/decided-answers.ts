/** What was decided of a pod before kube-scheduler asked about it, which goes before its scores: a move, a plan, or an anchor. */

import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import { type Anchor, anchorScores } from "./anchor-node.ts";
import type { FilterDecision, PrioritizeDecision } from "./decision-log.ts";
import { type AnchorDeps, createAnchorFinder, type FindAnchor } from "./find-anchor.ts";
import type { IntendedNode, IntendedNodes } from "./intended-nodes.ts";
import type { Rejection } from "./node-judge.ts";
import type { PlanAdvice } from "./placement/groups/plan-advice.ts";
import { plannedScores } from "./placement/groups/planned-scores.ts";
import type { AdvisePlan } from "./planning/plan-advisor.ts";
import type { AskedPod } from "./wire/parse-args.ts";

export interface DecidedDeps extends AnchorDeps {
  /** Where pods that take the place of moved ones are to go; what it says goes before plans of groups. */
  readonly intended?: IntendedNodes | undefined;
  /** What plans of groups say. */
  readonly advise: AdvisePlan;
  readonly clock: Clock;
  readonly log: Log;
}

export type Scored = Pick<PrioritizeDecision, "neutral" | "assumedNode" | "question" | "scoring" | "remarks">;
export type Answered = Pick<PrioritizeDecision, "intended" | "advice" | "anchor" | "answered" | "assumedNode">;

/** Whatever fails is logged, and is as if nothing had been decided. */
export class DecidedAnswers {
  readonly #deps: DecidedDeps;
  readonly #findAnchor: FindAnchor;

  constructor(deps: DecidedDeps) {
    this.#deps = deps;
    this.#findAnchor = createAnchorFinder(deps);
  }

  /** Besides what judges reject, all but the planned node, where plans filter and that is among those left. */
  rejected(
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
  answer(pod: AskedPod, nodeNames: readonly string[], { neutral, scoring, assumedNode }: Scored): Answered {
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
      log.error("where the pod's peers could follow it to could not be told", {
        pod: `${pod.namespace}/${pod.name}`,
        error,
      });
      return undefined;
    }
  }

  /** Only among the nodes that kube-scheduler asks about: on others the pod does not fit. */
  #intendedFor(pod: AskedPod, nodeNames: readonly string[]): IntendedNode | undefined {
    try {
      const found = this.#deps.intended?.nodeFor(pod);
      return found && nodeNames.includes(found.node) ? found : undefined;
    } catch (error) {
      this.#deps.log.error("what a pod is meant for could not be told", { pod: `${pod.namespace}/${pod.name}`, error });
      return undefined;
    }
  }

  #advice(pod: AskedPod, nodeNames: readonly string[]): PlanAdvice | undefined {
    try {
      return this.#deps.advise(pod, nodeNames);
    } catch (error) {
      this.#deps.log.error("a plan could not be followed", { pod: `${pod.namespace}/${pod.name}`, error });
      return undefined;
    }
  }
}
