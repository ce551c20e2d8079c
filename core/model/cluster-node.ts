/** A Kubernetes node as Weft sees it, and how it is read from a Kubernetes object. */
import { type Place, placeOf } from "./locality.ts";
import { quantityOr } from "./quantity.ts";
import type { Resources } from "./resources.ts";

export interface ClusterNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly place: Place;
  readonly allocatable: Resources;
  readonly isSchedulable: boolean;
  /** Capacity of its link to the network, each way; undefined where `weft.dev/link-bandwidth` does not declare it. */
  readonly linkBytesPerSecond: number | undefined;
}

/** The part of a Kubernetes Node that Weft reads. */
export interface NodeObject {
  readonly metadata?: {
    readonly name?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: { readonly allocatable?: Readonly<Record<string, string | number>> };
}

/** A quantity in bits per second, as in Kubernetes' own bandwidth annotations. */
export const linkBandwidthAnnotation = "weft.dev/link-bandwidth";

export function clusterNodeOf(object: NodeObject): ClusterNode {
  const { name = "", labels = {}, annotations = {} } = object.metadata ?? {};
  const allocatable = object.status?.allocatable ?? {};
  const bitsPerSecond = quantityOr(annotations[linkBandwidthAnnotation], 0);
  return {
    name,
    labels,
    annotations,
    place: placeOf(name, labels),
    allocatable: {
      cpuMillis: Math.floor(quantityOr(allocatable.cpu, 0) * 1000),
      memoryBytes: quantityOr(allocatable.memory, 0),
    },
    isSchedulable: object.spec?.unschedulable !== true,
    linkBytesPerSecond: bitsPerSecond > 0 ? bitsPerSecond / 8 : undefined,
  };
}
