/** Finds the pods that a selector means without asking every pod. */
import type { LabelRequirement, LabelSelector } from "../../../core/model/label-selector.ts";
import { selectsLabels } from "../../../core/model/label-selector.ts";
import type { Pod } from "../../../core/model/pod.ts";
import { meansPod, type PodTerm } from "../../../core/model/pod-term.ts";

export class PodIndex {
  readonly #pods: readonly Pod[];
  readonly #byLabel = new Map<string, Pod[]>();

  /** O(labels of all pods). */
  constructor(pods: readonly Pod[]) {
    this.#pods = pods;
    for (const pod of pods)
      for (const [key, value] of Object.entries(pod.labels)) {
        const entry = entryOf(key, value);
        const others = this.#byLabel.get(entry);
        if (others) others.push(pod);
        else this.#byLabel.set(entry, [pod]);
      }
  }

  /** Pods that the term means; with `perhaps` those too of whom that is not known. */
  meantBy(term: PodTerm, sure: "yes" | "perhaps"): Pod[] {
    return this.#candidates(term.selector).filter((pod) => {
      const means = meansPod(term, pod);
      return means === "yes" || means === sure;
    });
  }

  selectedIn(namespace: string, selector: LabelSelector): Pod[] {
    return this.#candidates(selector).filter(
      (pod) => pod.namespace === namespace && selectsLabels(selector, pod.labels),
    );
  }

  #candidates(selector: LabelSelector): readonly Pod[] {
    if (selector === undefined) return [];
    const narrow = selector.find(isEquality);
    return narrow ? (this.#byLabel.get(entryOf(narrow.key, narrow.values?.[0] ?? "")) ?? []) : this.#pods;
  }
}

function isEquality({ operator, values }: LabelRequirement): boolean {
  return operator === "In" && values?.length === 1;
}

function entryOf(key: string, value: string): string {
  return `${key}=${value}`;
}
