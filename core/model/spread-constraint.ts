/** How evenly pods must lie over domains. */
import { type LabelSelector, type LabelSelectorObject, type Labels, labelSelectorOf } from "./label-selector.ts";

/** With the pod, its domain has at most `skewMax` selected pods more than the emptiest of those that count. */
export interface SpreadConstraint {
  readonly topologyKey: string;
  readonly skewMax: number;
  readonly selector: LabelSelector;
  /** With fewer domains the emptiest counts as empty. */
  readonly domainsMin: number;
  /** Whether nodes count that the pod's own word keeps it off. */
  readonly nodeAffinityPolicy: "Honor" | "Ignore";
  /** Whether nodes count whose taints keep it off. */
  readonly nodeTaintsPolicy: "Honor" | "Ignore";
}

export interface SpreadObject {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly whenUnsatisfiable: string;
  readonly labelSelector?: LabelSelectorObject;
  readonly minDomains?: number;
  readonly matchLabelKeys?: readonly string[];
  readonly nodeAffinityPolicy?: "Honor" | "Ignore";
  readonly nodeTaintsPolicy?: "Honor" | "Ignore";
}

/**
 * Those that must hold; what is only preferred is kube-scheduler's to weigh. `matchLabelKeys` select what has the pod's own values.
 * Source: podtopologyspread/common.go, `filterTopologySpreadConstraints`.
 */
export function spreadConstraintsOf(objects: readonly SpreadObject[], podLabels: Labels): readonly SpreadConstraint[] {
  const required = objects.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule");
  return required.map((object): SpreadConstraint => {
    const selector = labelSelectorOf(object.labelSelector);
    const own = (object.matchLabelKeys ?? [])
      .filter((key) => Object.hasOwn(podLabels, key))
      .map((key) => ({ key, operator: "In", values: [podLabels[key] ?? ""] }));
    return {
      topologyKey: object.topologyKey,
      skewMax: object.maxSkew,
      selector: selector && [...selector, ...own],
      domainsMin: object.minDomains ?? 1,
      nodeAffinityPolicy: object.nodeAffinityPolicy ?? "Honor",
      nodeTaintsPolicy: object.nodeTaintsPolicy ?? "Ignore",
    };
  });
}
