/** The latest decision about each of the last pods, whole, so that it can be explained later. */
import type { Anchor } from "./anchor-node.ts";
import type { Question } from "./ask-plugin.ts";
import type { IntendedNode } from "./intended-nodes.ts";
import type { NeutralReason } from "./neutral.ts";
import type { Rejection } from "./node-judge.ts";
import type { PlanAdvice } from "./placement/groups/plan-advice.ts";
import type { Scoring } from "./plugins/score-plugin.ts";
import type { AskedPod } from "./wire/parse-args.ts";

export interface PrioritizeDecision {
  readonly atMs: number;
  readonly nodeCount: number;
  /** Names of asked nodes that the topology does not have, by their place in the question; it has the others' names. */
  readonly strangers: ReadonlyMap<number, string>;
  readonly neutral: NeutralReason | undefined;
  /** Where it takes the place of a moved pod. */
  readonly intended: IntendedNode | undefined;
  /** Where the pod is assumed to go. */
  readonly assumedNode: string | undefined;
  /** What was asked of the plugin, and its answer; undefined when it was not asked. */
  readonly question: Question | undefined;
  readonly scoring: Scoring | undefined;
  /** What the pod's plan said, if it had one. */
  readonly advice: PlanAdvice | undefined;
  /** Where its peers, which stand nowhere yet, are to follow it. */
  readonly anchor?: Anchor | undefined;
  /** The scores that were answered: by the plan, the anchor, or else the plugin's; undefined where all are 0. */
  readonly answered: Uint8Array | undefined;
  /** What was wrong with expected flows. */
  readonly remarks: readonly string[];
  /** Age of the latest reading of flows. */
  readonly telemetryAgeMs: number | undefined;
}

export interface FilterDecision {
  readonly atMs: number;
  readonly nodeCount: number;
  /** Nodes and why. */
  readonly rejected: ReadonlyMap<string, Rejection>;
  /** What the pod's plan said, where plans filter. */
  readonly advice?: PlanAdvice | undefined;
}

export interface BindDecision {
  readonly atMs: number;
  readonly node: string;
  /** Empty when it was bound. */
  readonly error: string;
}

export interface PodDecision {
  readonly pod: AskedPod;
  readonly filter?: FilterDecision;
  readonly prioritize?: PrioritizeDecision;
  readonly bind?: BindDecision;
}

/** What the pod's plan said last. */
export function adviceOf({ filter, prioritize }: PodDecision): PlanAdvice | undefined {
  return prioritize ? prioritize.advice : filter?.advice;
}

export class DecisionLog {
  readonly #decisions = new Map<string, PodDecision>();
  readonly #unsettled = new Set<string>();
  readonly #decisionsMax: number;

  constructor(decisionsMax: number) {
    this.#decisionsMax = decisionsMax;
  }

  /** Adds to what is known of the pod; another pod of the same name starts anew. */
  record(pod: AskedPod, news: Omit<PodDecision, "pod">): void {
    const key = `${pod.namespace}/${pod.name}`;
    const known = this.#decisions.get(key);
    this.#decisions.delete(key);
    this.#decisions.set(key, { ...(known?.pod.uid === pod.uid ? known : {}), pod, ...news });
    this.#unsettled.add(key);
    const [oldest] = this.#decisions.keys();
    if (this.#decisions.size <= this.#decisionsMax || oldest === undefined) return;
    this.#decisions.delete(oldest);
    this.#unsettled.delete(oldest);
  }

  get(podKey: string): PodDecision | undefined {
    return this.#decisions.get(podKey);
  }

  /** Keys of pods of which it is not known yet where they went. */
  unsettled(): Iterable<string> {
    return this.#unsettled;
  }

  /** Where the pod went is known now, until it is asked about again. */
  settle(podKey: string): void {
    this.#unsettled.delete(podKey);
  }
}
