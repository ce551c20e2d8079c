/** One workload as it goes into the scenario, and the limits that are found for it one after another. */
import type { Pod } from "../../../core/model/pod.ts";
import type { Division } from "./cluster-nodes.ts";
import type { NodeSet } from "./node-filter.ts";
import type { WorkloadPods } from "./sort-pods.ts";

interface WorkloadFacts extends WorkloadPods {
  readonly request: readonly number[];
  readonly allowed: NodeSet;
}

export class PlannedWorkload implements WorkloadPods {
  readonly key: string;
  readonly fixed: readonly Pod[];
  readonly movable: readonly Pod[];
  readonly pending: readonly Pod[];
  /** Those whose place is open. */
  readonly open: readonly Pod[];
  /** By resource, of every replica whose place is open. */
  readonly request: readonly number[];
  /** Where its open replicas may stand. */
  readonly allowed: NodeSet;
  readonly spread: { readonly division: Division; readonly skewMax: number }[] = [];
  readonly apart: { readonly division: Division; readonly key: string }[] = [];
  perNodeMax = Number.POSITIVE_INFINITY;
  /** Undefined as long as nothing is found that a scenario cannot express. */
  whyLeftAlone: string | undefined;

  constructor({ key, fixed, movable, pending, request, allowed }: WorkloadFacts) {
    this.key = key;
    this.fixed = fixed;
    this.movable = movable;
    this.pending = pending;
    this.open = [...pending, ...movable];
    this.request = request;
    this.allowed = allowed.slice();
  }

  /** The first reason counts. */
  leaveAlone(why: string): void {
    this.whyLeftAlone ??= why;
  }

  /** None of its open replicas may stand in that domain. */
  block({ ofNode }: Division, domain: number): void {
    if (domain < 0) return;
    for (let node = 0; node < ofNode.length; node++) if (ofNode[node] === domain) this.allowed[node] = 0;
  }

  atMostPerNode(count: number): void {
    this.perNodeMax = Math.min(this.perNodeMax, count);
  }

  keepApart(division: Division, key: string): void {
    const isKnown = this.apart.some((other) => other.key === key && other.division.label === division.label);
    if (!isKnown) this.apart.push({ division, key });
  }
}
