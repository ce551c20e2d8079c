/** What pods ask for and nodes offer, as rows of numbers. */
import type { ClusterNode } from "../../../core/model/cluster-node.ts";
import type { Pod } from "../../../core/model/pod.ts";

const firstResources = ["cpu", "memory", "pods"] as const;

/** The resources that any of these pods asks for, by name: CPU, memory and pods first. */
export function resourcesOf(pods: Iterable<Pod>): readonly string[] {
  const others = new Set<string>();
  for (const { otherRequests } of pods) for (const name of Object.keys(otherRequests ?? {})) others.add(name);
  return [...firstResources, ...[...others].sort()];
}

/** Thousandths of a core, bytes, 1 for the pod itself, and pieces of the others. */
export function requestOf({ requests, otherRequests = {} }: Pod, resources: readonly string[]): number[] {
  const [, , , ...others] = resources;
  return [requests.cpuMillis, requests.memoryBytes, 1, ...others.map((name) => otherRequests[name] ?? 0)];
}

/** @param podsMax what counts for a node that does not limit its pods. */
export function allocatableOf(node: ClusterNode, resources: readonly string[], podsMax: number): number[] {
  const { allocatable, otherAllocatable = {} } = node;
  const [, , , ...others] = resources;
  return [
    allocatable.cpuMillis,
    allocatable.memoryBytes,
    node.podsMax ?? podsMax,
    ...others.map((name) => otherAllocatable[name] ?? 0),
  ];
}
