/** What of a pod's spec decides where it may stand. Most pods ask for nothing, and then there is no such object. */
import { type HostPort, hostPortsOf, type PortedContainer } from "./host-port.ts";
import type { Labels } from "./label-selector.ts";
import type { NodeTerm } from "./node-affinity.ts";
import { type PodTerm, type PodTermObject, podTermOf } from "./pod-term.ts";
import { type SpreadConstraint, type SpreadObject, spreadConstraintsOf } from "./spread-constraint.ts";
import { isForFailingNodes, type Toleration } from "./taint.ts";

export interface PodConstraints {
  /** Labels that its node has. */
  readonly nodeSelector?: Labels;
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

/** The part of a Kubernetes PodSpec that constraints are read from. */
export interface ConstrainedSpec {
  readonly nodeSelector?: Labels;
  readonly affinity?: {
    readonly nodeAffinity?: Required<{ readonly nodeSelectorTerms?: readonly NodeTerm[] }>;
    readonly podAffinity?: Required<readonly PodTermObject[]>;
    readonly podAntiAffinity?: Required<readonly PodTermObject[]>;
  };
  readonly tolerations?: readonly Toleration[];
  readonly topologySpreadConstraints?: readonly SpreadObject[];
  readonly containers?: readonly PortedContainer[];
  readonly initContainers?: readonly PortedContainer[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
  readonly resourceClaims?: readonly unknown[];
}

/** What is only preferred is kube-scheduler's to weigh. */
interface Required<T> {
  readonly requiredDuringSchedulingIgnoredDuringExecution?: T;
}

interface ConstrainedMetadata {
  readonly namespace?: string;
  readonly labels?: Labels;
}

export function podConstraintsOf(spec: ConstrainedSpec, metadata: ConstrainedMetadata): PodConstraints | undefined {
  const { namespace = "default", labels = {} } = metadata;
  const { nodeAffinity, podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const terms = (required: Required<readonly PodTermObject[]> = {}) =>
    required.requiredDuringSchedulingIgnoredDuringExecution?.map((object) => podTermOf(object, namespace));
  const nodeTerms = nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const constraints: PodConstraints = {
    ...(spec.nodeSelector && Object.keys(spec.nodeSelector).length > 0 ? { nodeSelector: spec.nodeSelector } : {}),
    // Terms that are required and absent hold for no node, so they stay even if there are none.
    ...(nodeTerms ? { nodeTerms: nodeTerms.nodeSelectorTerms ?? [] } : {}),
    ...list("tolerations", spec.tolerations?.filter((toleration) => !isForFailingNodes(toleration)).map(tolerationOf)),
    ...list("near", terms(podAffinity)),
    ...list("apart", terms(podAntiAffinity)),
    ...list("spread", spreadConstraintsOf(spec.topologySpreadConstraints ?? [], labels)),
    ...list("hostPorts", hostPortsOf(lastingContainers(spec))),
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

/** Plain init containers are gone by the time that ports matter. */
function lastingContainers({ containers, initContainers }: ConstrainedSpec): readonly PortedContainer[] {
  const sidecars = initContainers?.filter(({ restartPolicy }) => restartPolicy === "Always") ?? [];
  return [...sidecars, ...(containers ?? [])];
}

const volumesOfNoPlace = new Set(["emptyDir", "configMap", "secret", "projected", "downwardAPI", "image"]);

function placedVolumes(volumes: ConstrainedSpec["volumes"] = []): readonly string[] {
  const kinds = volumes.flatMap((volume) => Object.keys(volume).filter((key) => key !== "name"));
  return [...new Set(kinds.filter((kind) => !volumesOfNoPlace.has(kind)))];
}
