/** What of a pod's spec decides where it may stand. Most pods ask for nothing, and then there is no such object. */
import { type LabelSelector, type LabelSelectorObject, labelSelectorOf } from "./label-selector.ts";
import type { NodeTerm } from "./node-affinity.ts";
import { type PodTerm, type PodTermObject, podTermOf } from "./pod-term.ts";
import { isForFailingNodes, type Toleration } from "./taint.ts";

export interface PodConstraints {
  /** Labels that its node has. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** One of these holds for its node. */
  readonly nodeTerms?: readonly NodeTerm[];
  readonly tolerations?: readonly Toleration[];
  /** For each, a pod that it means stands in the same domain. */
  readonly near?: readonly PodTerm[];
  /** For none, a pod that it means stands in the same domain. */
  readonly apart?: readonly PodTerm[];
  readonly spread?: readonly SpreadConstraint[];
  readonly hostPorts?: readonly HostPort[];
  /** Kinds of its volumes that hold data or devices of some place, such as `persistentVolumeClaim` or `hostPath`. */
  readonly volumes?: readonly string[];
  /** It claims devices through `resourceClaims`. */
  readonly hasDeviceClaims?: true;
}

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

export interface HostPort {
  readonly address: string;
  readonly protocol: string;
  readonly port: number;
}

/** The part of a Kubernetes PodSpec that constraints are read from. */
export interface ConstrainedSpec {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly affinity?: {
    readonly nodeAffinity?: {
      readonly requiredDuringSchedulingIgnoredDuringExecution?: { readonly nodeSelectorTerms?: readonly NodeTerm[] };
    };
    readonly podAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodTermObject[] };
    readonly podAntiAffinity?: { readonly requiredDuringSchedulingIgnoredDuringExecution?: readonly PodTermObject[] };
  };
  readonly tolerations?: readonly Toleration[];
  readonly topologySpreadConstraints?: readonly SpreadObject[];
  readonly containers?: readonly PortedContainer[];
  readonly initContainers?: readonly PortedContainer[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly resourceClaims?: readonly unknown[];
}

interface SpreadObject {
  readonly topologyKey: string;
  readonly maxSkew: number;
  readonly whenUnsatisfiable: string;
  readonly labelSelector?: LabelSelectorObject;
  readonly minDomains?: number;
  readonly matchLabelKeys?: readonly string[];
  readonly nodeAffinityPolicy?: "Honor" | "Ignore";
  readonly nodeTaintsPolicy?: "Honor" | "Ignore";
}

interface PortedContainer {
  readonly restartPolicy?: string;
  readonly ports?: readonly { readonly hostPort?: number; readonly hostIP?: string; readonly protocol?: string }[];
}

interface ConstrainedMetadata {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

export function podConstraintsOf(spec: ConstrainedSpec, metadata: ConstrainedMetadata): PodConstraints | undefined {
  const { namespace = "default", labels = {} } = metadata;
  const { nodeAffinity, podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const terms = (objects: readonly PodTermObject[] = []) => objects.map((object) => podTermOf(object, namespace));
  const required = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const constraints: PodConstraints = {
    ...(spec.nodeSelector && Object.keys(spec.nodeSelector).length > 0 ? { nodeSelector: spec.nodeSelector } : {}),
    // Terms that are required and absent hold for no node, so they stay even if there are none.
    ...(required ? { nodeTerms: required.nodeSelectorTerms ?? [] } : {}),
    ...list("tolerations", spec.tolerations?.filter((toleration) => !isForFailingNodes(toleration)).map(tolerationOf)),
    ...list("near", terms(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution)),
    ...list("apart", terms(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution)),
    ...list("spread", spreadOf(spec.topologySpreadConstraints, labels)),
    ...list("hostPorts", hostPortsOf(spec)),
    ...list("volumes", placedVolumes(spec.volumes)),
    ...(spec.resourceClaims && spec.resourceClaims.length > 0 ? { hasDeviceClaims: true } : {}),
  };
  return Object.keys(constraints).length > 0 ? constraints : undefined;
}

function list<K extends keyof PodConstraints, V>(key: K, values: readonly V[] = []): { readonly [key in K]?: V[] } {
  return values.length > 0 ? ({ [key]: values } as { readonly [key in K]: V[] }) : {};
}

function tolerationOf({ key, operator, value, effect }: Toleration): Toleration {
  return { key, operator, value, effect };
}

/** What is only preferred is kube-scheduler's to weigh. `matchLabelKeys` select what has the pod's own values. */
function spreadOf(objects: readonly SpreadObject[] = [], labels: Readonly<Record<string, string>>): SpreadConstraint[] {
  return objects
    .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule")
    .map((object): SpreadConstraint => {
      const selector = labelSelectorOf(object.labelSelector);
      const own = (object.matchLabelKeys ?? [])
        .filter((key) => Object.hasOwn(labels, key))
        .map((key) => ({ key, operator: "In", values: [labels[key] ?? ""] }));
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

/** Of containers and sidecars; plain init containers are gone by the time that ports matter. */
function hostPortsOf({ containers, initContainers }: ConstrainedSpec): HostPort[] {
  const sidecars = initContainers?.filter(({ restartPolicy }) => restartPolicy === "Always") ?? [];
  const lasting = [...sidecars, ...(containers ?? [])];
  return lasting.flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, hostIP, protocol }): HostPort[] =>
      hostPort > 0 ? [{ address: hostIP || "0.0.0.0", protocol: protocol || "TCP", port: hostPort }] : [],
    ),
  );
}

const volumesOfNoPlace = new Set(["emptyDir", "configMap", "secret", "projected", "downwardAPI", "image"]);

function placedVolumes(volumes: ConstrainedSpec["volumes"] = []): string[] {
  const kinds = volumes.flatMap((volume) => Object.keys(volume).filter((key) => key !== "name"));
  return [...new Set(kinds.filter((kind) => !volumesOfNoPlace.has(kind)))];
}
