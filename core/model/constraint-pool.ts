/** Pods of one workload ask for the same: one object serves all of them, where each of its own would take a kilobyte. */
import type { Pod } from "./pod.ts";
import type { PodConstraints } from "./pod-constraints.ts";

/** More different ones are forgotten together, and begin anew. */
const KNOWN_MAX = 10_000;

export class ConstraintPool {
  readonly #known = new Map<string, PodConstraints>();

  /** The pod with constraints that it shares with others. */
  sharing(pod: Pod): Pod {
    if (pod.constraints === undefined) return pod;
    const text = JSON.stringify(pod.constraints);
    const constraints = this.#known.get(text);
    if (constraints) return { ...pod, constraints };
    if (this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#known.set(text, pod.constraints);
    return pod;
  }
}
