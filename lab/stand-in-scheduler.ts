/**
 * What kube-scheduler does for the lab: one pod at a time, nodes that fit, its own spreading scores plus an extender's, spoken to
 * over HTTP in kube-scheduler's wire format.
 */
import type { ClusterNode } from "../core/model/cluster-node.ts";
import { type Pod, type PodObject, podOf } from "../core/model/pod.ts";
import { addResources, fitResources, noResources, subtractResources } from "../core/model/resources.ts";
import { WeftError } from "../core/model/weft-error.ts";
import { workloadKey } from "../core/model/workload.ts";

/** kube-scheduler adds score * weight * 10 per extender. Its own scores below are 0 to 100 each. */
const EXTENDER_WEIGHT = 10;
const EXTENDER_TIMEOUT_MS = 5000;

export interface PlacedPod {
  readonly object: PodObject;
  readonly node: string;
}

export interface SchedulingContext {
  readonly nodes: readonly ClusterNode[];
  /** Base URL of the extender; without one, only the default scores count. */
  readonly extenderUrl?: string | undefined;
  /** Called as soon as a pod is bound, so that the next pod's decision can see it. */
  readonly onBound: (placed: PlacedPod) => void;
  /** Pods that stand already. */
  readonly bound?: readonly PlacedPod[] | undefined;
}

/** @throws WeftError limit-reached when a pod fits nowhere, upstream-failed when the extender answers out of protocol. */
export async function schedule(
  pending: readonly PodObject[],
  context: SchedulingContext,
): Promise<readonly PlacedPod[]> {
  const placed: PlacedPod[] = [];
  for (const object of pending) {
    const before = [...(context.bound ?? []), ...placed];
    const next = { object, node: await chooseNode(object, before, context) };
    placed.push(next);
    context.onBound(next);
  }
  return placed;
}

async function chooseNode(
  object: PodObject,
  placed: readonly PlacedPod[],
  { nodes, extenderUrl }: SchedulingContext,
): Promise<string> {
  const pod = podOf(object);
  const bound = placed.map((other) => ({ pod: podOf(other.object), node: other.node }));
  const feasible = nodes.filter((node) => node.isSchedulable && fits(pod, node, bound));
  const bonus = extenderUrl && feasible.length > 1 ? await prioritize(extenderUrl, object, feasible) : new Map();
  const scores = feasible.map(
    (node) => spreadScore(pod, node, bound) + EXTENDER_WEIGHT * 10 * (bonus.get(node.name) ?? 0),
  );
  const best = feasible[scores.indexOf(Math.max(...scores))];
  if (best) return best.name;
  throw new WeftError("limit-reached", `pod ${pod.namespace}/${pod.name} fits on none of ${nodes.length} nodes`);
}

interface BoundPod {
  readonly pod: Pod;
  readonly node: string;
}

function fits(pod: Pod, node: ClusterNode, bound: readonly BoundPod[]): boolean {
  return fitResources(pod.requests, subtractResources(node.allocatable, usedOn(node, bound))).kind === "fits";
}

function usedOn(node: ClusterNode, bound: readonly BoundPod[]) {
  return bound
    .filter((other) => other.node === node.name)
    .reduce((sum, { pod }) => addResources(sum, pod.requests), noResources);
}

/** Free CPU and memory after placing (NodeResourcesFit, LeastAllocated) and few replicas of the same workload (PodTopologySpread). */
function spreadScore(pod: Pod, node: ClusterNode, bound: readonly BoundPod[]): number {
  const used = addResources(usedOn(node, bound), pod.requests);
  const freeCpu = 1 - used.cpuMillis / node.allocatable.cpuMillis;
  const freeMemory = 1 - used.memoryBytes / node.allocatable.memoryBytes;
  const replicas = bound.filter(
    (other) => other.node === node.name && workloadKey(other.pod.workload) === workloadKey(pod.workload),
  ).length;
  return (100 * (freeCpu + freeMemory)) / 2 + 100 / (1 + replicas);
}

interface HostPriority {
  readonly Host: string;
  readonly Score: number;
}

async function prioritize(
  url: string,
  pod: PodObject,
  nodes: readonly ClusterNode[],
): Promise<ReadonlyMap<string, number>> {
  const body = JSON.stringify({ Pod: pod, Nodes: null, NodeNames: nodes.map(({ name }) => name) });
  const response = await fetch(`${url}/prioritize`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
    signal: AbortSignal.timeout(EXTENDER_TIMEOUT_MS),
  });
  if (response.status !== 200)
    throw new WeftError("upstream-failed", `extender answered ${response.status} to prioritize`);
  const answer = (await response.json()) as readonly HostPriority[];
  return new Map(answer.map(({ Host, Score }) => [Host, Score]));
}
