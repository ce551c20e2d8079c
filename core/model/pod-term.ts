/** Which pods a pod must have near it or far from it. Source: k8s.io/kube-scheduler/framework/types.go, `AffinityTerm`. */
import {
  holds,
  type LabelSelector,
  type LabelSelectorObject,
  type Labels,
  labelSelectorOf,
  selectsLabels,
} from "./label-selector.ts";

export interface PodTerm {
  readonly selector: LabelSelector;
  /** Namespaces that count by name. */
  readonly namespaces: readonly string[];
  /** Namespaces that count by their labels, besides. */
  readonly namespaceSelector: LabelSelector;
  readonly topologyKey: string;
}

export interface PodTermObject {
  readonly labelSelector?: LabelSelectorObject;
  readonly namespaces?: readonly string[];
  readonly namespaceSelector?: LabelSelectorObject;
  readonly topologyKey: string;
}

interface LabelledPod {
  readonly namespace: string;
  readonly labels: Labels;
}

/** Without any word of namespaces the pod's own counts. */
export function podTermOf(object: PodTermObject, ownNamespace: string): PodTerm {
  const { labelSelector, namespaces = [], namespaceSelector, topologyKey } = object;
  const isOwn = namespaces.length === 0 && !namespaceSelector;
  return {
    selector: labelSelectorOf(labelSelector),
    namespaces: isOwn ? [ownNamespace] : namespaces,
    namespaceSelector: labelSelectorOf(namespaceSelector),
    topologyKey,
  };
}

/** The one label of a namespace that is known without its object: the API server sets it to the name. */
const nameLabel = "kubernetes.io/metadata.name";

/**
 * Whether the term means the pod; `perhaps` where that hangs on labels of the pod's namespace, which Weft does not read.
 */
export function meansPod(term: PodTerm, pod: LabelledPod): "yes" | "no" | "perhaps" {
  if (!selectsLabels(term.selector, pod.labels)) return "no";
  if (term.namespaces.includes(pod.namespace)) return "yes";
  const known = term.namespaceSelector?.filter(({ key }) => key === nameLabel) ?? [];
  const labels = { [nameLabel]: pod.namespace };
  if (!term.namespaceSelector || !known.every((requirement) => holds(requirement, labels))) return "no";
  return known.length === term.namespaceSelector.length ? "yes" : "perhaps";
}
