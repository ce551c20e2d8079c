/** A Kubernetes node as Weft sees it, and how it is read from a Kubernetes object. */
import { type Place, placeOf } from "./locality.ts";
import { quantityOr } from "./quantity.ts";
import type { Resources } from "./resources.ts";
import type { Taint } from "./taint.ts";

export interface ClusterNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly place: Place;
  readonly allocatable: Resources;
  /** Most pods on it; absent for any number. */
  readonly podsMax?: number | undefined;
  /** Of resources other than CPU, memory and pods, in their base units; absent for none. */
  readonly otherAllocatable?: Readonly<Record<string, number>> | undefined;
  /** Absent for none. */
  readonly taints?: readonly Taint[] | undefined;
  readonly isSchedulable: boolean;
  /** False where its condition `Ready` is not `True`; absent where that is unknown. */
  readonly isReady?: boolean | undefined;
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
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
  readonly status?: {
    readonly allocatable?: Readonly<Record<string, string | number>>;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** A quantity in bits per second, as in Kubernetes' own bandwidth annotations. */
export const linkBandwidthAnnotation = "weft.dev/link-bandwidth";

/** Thousandths of a core: 1.005 cores times 1,000 are a hair less than 1,005. */
const ROUNDING = 1e-6;

export function clusterNodeOf(object: NodeObject): ClusterNode {
  const { name = "", labels = {}, annotations = {} } = object.metadata ?? {};
  const { cpu, memory, pods, ...others } = object.status?.allocatable ?? {};
  const taints = object.spec?.taints ?? [];
  const ready = object.status?.conditions?.find(({ type }) => type === "Ready");
  const bitsPerSecond = quantityOr(annotations[linkBandwidthAnnotation], 0);
  return {
    name,
    labels,
    annotations,
    place: placeOf(name, labels),
    allocatable: {
      cpuMillis: Math.floor(quantityOr(cpu, 0) * 1000 + ROUNDING),
      memoryBytes: quantityOr(memory, 0),
    },
    ...(pods === undefined ? {} : { podsMax: Math.floor(quantityOr(pods, 0)) }),
    ...(Object.keys(others).length > 0 ? { otherAllocatable: amountsOf(others) } : {}),
    ...(taints.length > 0 ? { taints: taints.map(({ key, value, effect }) => ({ key, value, effect })) } : {}),
    isSchedulable: object.spec?.unschedulable !== true,
    ...(ready ? { isReady: ready.status === "True" } : {}),
    linkBytesPerSecond: bitsPerSecond > 0 ? bitsPerSecond / 8 : undefined,
  };
}

function amountsOf(quantities: Readonly<Record<string, string | number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(quantities).map(([name, quantity]) => [name, quantityOr(quantity, 0)]));
}
