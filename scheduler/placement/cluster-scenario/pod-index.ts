/** Finds the pods that a selector means without asking every pod. */
import type { LabelRequirement, LabelSelector } from "../../../core/model/label-selector.ts";
import { selectsLabels } from "../../../core/model/label-selector.ts";
import type { Pod } from "../../../core/model/pod.ts";
import { meansPod, type PodTerm } from "../../../core/model/pod-term.ts";

/** Takes O(pods) when it is first asked for a label, and what it answers after that. */
export class PodIndex {
  readonly #pods: readonly Pod[];
  /** By label, then by value. */
  readonly #byLabel = new Map<string, ReadonlyMap<string | undefined, readonly Pod[]>>();

  constructor(pods: readonly Pod[]) {
    this.#pods = pods;
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
    return narrow ? (this.#labelled(narrow.key).get(narrow.values?.[0]) ?? []) : this.#pods;
  }

  #labelled(label: string): ReadonlyMap<string | undefined, readonly Pod[]> {
    const known = this.#byLabel.get(label);
    if (known) return known;
    const byValue = Map.groupBy(this.#pods, ({ labels }) => labels[label]);
    this.#byLabel.set(label, byValue);
    return byValue;
  }
}

function isEquality({ operator, values }: LabelRequirement): boolean {
  return operator === "In" && values?.length === 1;
}
