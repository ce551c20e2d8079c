/** What Kubernetes itself offers against bytes between nodes: preferred pod affinity, with the flows as weights. */
import type { V1Pod, V1WeightedPodAffinityTerm } from "@kubernetes/client-node";
import type { TrafficProfile } from "../../../core/model/traffic-profile.ts";

/** Of one term; Kubernetes takes 1 to 100. */
const WEIGHT_MAX = 100;

/** A term for each workload that the pod's own exchanges bytes with, in either direction: 100 for the heaviest pair of all. */
export function withTrafficAffinity(pod: V1Pod, { flows }: TrafficProfile): V1Pod {
  const heaviest = Math.max(...flows.map(rateOf));
  const app = pod.metadata?.labels?.app;
  const terms = flows.flatMap((flow): V1WeightedPodAffinityTerm[] => {
    if (flow.source !== app && flow.destination !== app) return [];
    const peer = flow.source === app ? flow.destination : flow.source;
    const weight = Math.max(1, Math.round((WEIGHT_MAX * rateOf(flow)) / heaviest));
    const labelSelector = { matchLabels: { app: peer } };
    return [{ weight, podAffinityTerm: { labelSelector, topologyKey: "kubernetes.io/hostname" } }];
  });
  const podAffinity = { preferredDuringSchedulingIgnoredDuringExecution: terms };
  return { ...pod, spec: { containers: [], ...pod.spec, affinity: { podAffinity } } };
}

function rateOf(flow: TrafficProfile["flows"][number]): number {
  return flow.requestBytesPerSecond + flow.responseBytesPerSecond;
}
