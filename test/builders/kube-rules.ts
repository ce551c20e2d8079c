/**
 * What kube-scheduler's filters say of one pod on one node, written again from its sources and the raw objects, without any of
 * Weft's own reading: what Weft plans is held against this. Requests and capacities are plain numbers here.
 */
import type { NodeObject } from "../../core/model/cluster-node.ts";
import type { LabelSelectorObject } from "../../core/model/label-selector.ts";
import type { PodObject } from "../../core/model/pod.ts";
import type { PodTermObject } from "../../core/model/pod-term.ts";

interface Placed {
  readonly pod: PodObject;
  readonly node: NodeObject;
}

type Labels = Readonly<Record<string, string>>;
type Spread = NonNullable<NonNullable<PodObject["spec"]>["topologySpreadConstraints"]>[number];

export class KubeRules {
  readonly #nodes: readonly NodeObject[];
  readonly #placed: Placed[] = [];

  constructor(nodes: readonly NodeObject[]) {
    this.#nodes = nodes;
  }

  /** As a pod that stands there, whether it should or not. */
  place(pod: PodObject, nodeName: string): void {
    const node = this.#nodes.find(({ metadata }) => metadata?.name === nodeName);
    if (node && !["Succeeded", "Failed"].includes(pod.status?.phase ?? "")) this.#placed.push({ pod, node });
  }

  /** Why the pod would not be put there; undefined if it would. */
  refusal(pod: PodObject, nodeName: string): string | undefined {
    const node = this.#nodes.find(({ metadata }) => metadata?.name === nodeName);
    if (!node) return "no such node";
    if (!this.#fits(pod, node)) return "insufficient resources";
    if (!isAffine(pod, node)) return "node affinity";
    if (keepingOff(node).some((taint) => !isTolerated(pod, taint))) return "taints";
    if (this.#placed.some((other) => other.node === node && sharesPort(pod, other.pod))) return "host ports";
    return this.#apartRefusal(pod, node) ?? this.#nearRefusal(pod, node) ?? this.#spreadRefusal(pod, node);
  }

  #fits(pod: PodObject, node: NodeObject): boolean {
    const there = this.#placed.filter((other) => other.node === node).map((other) => other.pod);
    const allocatable = node.status?.allocatable ?? {};
    if (there.length + 1 > Number(allocatable.pods)) return false;
    return Object.entries(requestsOf(pod)).every(([name, amount]) => {
      const used = there.reduce((sum, other) => sum + (requestsOf(other)[name] ?? 0), 0);
      return amount === 0 || amount + used <= Number(allocatable[name] ?? 0);
    });
  }

  #apartRefusal(pod: PodObject, node: NodeObject): string | undefined {
    for (const term of antiTermsOf(pod))
      if (this.#placed.some((other) => means(term, pod, other.pod) && isSameDomain(term.topologyKey, node, other.node)))
        return "pod anti-affinity";
    for (const other of this.#placed)
      for (const term of antiTermsOf(other.pod))
        if (means(term, other.pod, pod) && isSameDomain(term.topologyKey, node, other.node))
          return "anti-affinity of a pod that stands";
    return undefined;
  }

  #nearRefusal(pod: PodObject, node: NodeObject): string | undefined {
    const terms = pod.spec?.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    if (terms.length === 0) return undefined;
    const meant = this.#placed.filter((other) => terms.every((term) => means(term, pod, other.pod)));
    if (terms.some(({ topologyKey }) => labelsOf(node)[topologyKey] === undefined)) return "pod affinity";
    const isNear = terms.every(({ topologyKey }) => meant.some((other) => isSameDomain(topologyKey, node, other.node)));
    const isFirst = meant.length === 0 && terms.every((term) => means(term, pod, pod));
    return isNear || isFirst ? undefined : "pod affinity";
  }

  #spreadRefusal(pod: PodObject, node: NodeObject): string | undefined {
    const hard = (pod.spec?.topologySpreadConstraints ?? []).filter(
      ({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule",
    );
    const own = pod.metadata?.labels ?? {};
    for (const spread of hard) {
      const value = labelsOf(node)[spread.topologyKey];
      if (value === undefined) return "no such topology";
      const counts = new Map<string, number>();
      for (const each of this.#nodes) {
        if (hard.some(({ topologyKey }) => labelsOf(each)[topologyKey] === undefined)) continue;
        if ((spread.nodeAffinityPolicy ?? "Honor") === "Honor" && !isAffine(pod, each)) continue;
        const taints = each.spec?.taints?.filter(({ effect }) => effect !== "PreferNoSchedule") ?? [];
        if (spread.nodeTaintsPolicy === "Honor" && taints.some((taint) => !isTolerated(pod, taint))) continue;
        const domain = labelsOf(each)[spread.topologyKey] ?? "";
        counts.set(domain, (counts.get(domain) ?? 0) + this.#countOn(each, pod, spread));
      }
      const least = counts.size < (spread.minDomains ?? 1) ? 0 : Math.min(...counts.values());
      const self = selects(spread.labelSelector, own, matchKeys(spread, own)) ? 1 : 0;
      if ((counts.get(value) ?? 0) + self - least > spread.maxSkew) return "topology spread";
    }
    return undefined;
  }

  #countOn(node: NodeObject, pod: PodObject, spread: Spread): number {
    const { labelSelector } = spread;
    const keys = matchKeys(spread, pod.metadata?.labels ?? {});
    const isEverything =
      Object.keys(labelSelector?.matchLabels ?? {}).length + (labelSelector?.matchExpressions ?? []).length === 0;
    if (isEverything && Object.keys(keys).length === 0) return 0;
    return this.#placed.filter(
      (other) =>
        other.node === node &&
        other.pod.metadata?.namespace === pod.metadata?.namespace &&
        !other.pod.metadata?.deletionTimestamp &&
        selects(labelSelector, other.pod.metadata?.labels ?? {}, keys),
    ).length;
  }
}

function labelsOf(node: NodeObject): Labels {
  return node.metadata?.labels ?? {};
}

function requestsOf(pod: PodObject): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { resources } of pod.spec?.containers ?? [])
    for (const [name, amount] of Object.entries(resources?.requests ?? {}))
      sums[name] = (sums[name] ?? 0) + Number(amount);
  return sums;
}

function requirementHolds(
  {
    key,
    operator,
    values = [],
  }: { readonly key: string; readonly operator: string; readonly values?: readonly string[] | undefined },
  labels: Labels,
): boolean {
  const value = labels[key];
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  if (operator === "In") return value !== undefined && values.includes(value);
  if (operator === "NotIn") return value === undefined || !values.includes(value);
  if (operator === "Gt") return Number(value) > Number(values[0]);
  return operator === "Lt" && Number(value) < Number(values[0]);
}

function selects(selector: LabelSelectorObject | undefined, labels: Labels, more: Labels = {}): boolean {
  if (!selector) return false;
  const equal = Object.entries({ ...selector.matchLabels, ...more });
  return (
    equal.every(([key, value]) => labels[key] === value) &&
    (selector.matchExpressions ?? []).every((requirement) => requirementHolds(requirement, labels))
  );
}

function matchKeys({ matchLabelKeys = [] }: Spread, own: Labels): Labels {
  return Object.fromEntries(matchLabelKeys.flatMap((key) => (own[key] === undefined ? [] : [[key, own[key]]])));
}

function isAffine(pod: PodObject, node: NodeObject): boolean {
  const { nodeSelector = {}, affinity } = pod.spec ?? {};
  if (Object.entries(nodeSelector).some(([key, value]) => labelsOf(node)[key] !== value)) return false;
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return true;
  return (required.nodeSelectorTerms ?? []).some(({ matchExpressions = [], matchFields = [] }) => {
    const isEmpty = matchExpressions.length === 0 && matchFields.length === 0;
    const name = { "metadata.name": node.metadata?.name ?? "" };
    return (
      !isEmpty &&
      matchExpressions.every((requirement) => requirementHolds(requirement, labelsOf(node))) &&
      matchFields.every((requirement) => requirementHolds(requirement, name))
    );
  });
}

interface KeptTaint {
  readonly key: string;
  readonly value?: string | undefined;
  readonly effect: string;
}

function keepingOff({ spec = {} }: NodeObject): KeptTaint[] {
  const taints: KeptTaint[] = (spec.taints ?? []).filter(({ effect }) => effect !== "PreferNoSchedule");
  if (spec.unschedulable) taints.push({ key: "node.kubernetes.io/unschedulable", effect: "NoSchedule" });
  return taints;
}

function isTolerated(pod: PodObject, taint: KeptTaint): boolean {
  return (pod.spec?.tolerations ?? []).some((toleration) => {
    const isEffect = !toleration.effect || toleration.effect === taint.effect;
    const isKey = !toleration.key || toleration.key === taint.key;
    const isValue = toleration.operator === "Exists" || (toleration.value ?? "") === (taint.value ?? "");
    return isEffect && isKey && isValue;
  });
}

function antiTermsOf(pod: PodObject): readonly PodTermObject[] {
  return pod.spec?.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
}

/** Every namespace of these clusters has no label but its name. */
function means(term: PodTermObject, holder: PodObject, pod: PodObject): boolean {
  const { namespaces = [], namespaceSelector } = term;
  const own = namespaces.length === 0 && !namespaceSelector ? [holder.metadata?.namespace ?? ""] : namespaces;
  const namespace = pod.metadata?.namespace ?? "";
  const isIn = own.includes(namespace) || selects(namespaceSelector, { "kubernetes.io/metadata.name": namespace });
  return isIn && selects(term.labelSelector, pod.metadata?.labels ?? {});
}

function isSameDomain(label: string, a: NodeObject, b: NodeObject): boolean {
  return labelsOf(a)[label] !== undefined && labelsOf(a)[label] === labelsOf(b)[label];
}

function sharesPort(a: PodObject, b: PodObject): boolean {
  return portsOf(a).some((one) =>
    portsOf(b).some((two) => {
      const addresses = [one.hostIP || "0.0.0.0", two.hostIP || "0.0.0.0"];
      const isSameAddress = addresses[0] === addresses[1] || addresses.includes("0.0.0.0");
      return one.hostPort === two.hostPort && (one.protocol ?? "TCP") === (two.protocol ?? "TCP") && isSameAddress;
    }),
  );
}

function portsOf(pod: PodObject) {
  return (pod.spec?.containers ?? []).flatMap(({ ports = [] }) => ports).filter(({ hostPort = 0 }) => hostPort > 0);
}
