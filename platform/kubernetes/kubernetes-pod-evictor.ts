/** Evicts pods as `kubectl drain` does: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/ */
import type { EvictionOutcome, PodEvictor } from "../../core/ports/pod-evictor.ts";
import { type ApiAnswer, failureOf, isSuccess, reasonOf } from "./api-failure.ts";
import { isRecord } from "./api-object.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";

export function createPodEvictor(client: KubernetesClient): PodEvictor {
  return {
    async evict({ namespace, name, uid }) {
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/eviction`;
      const body = {
        apiVersion: "policy/v1",
        kind: "Eviction",
        metadata: { namespace, name },
        // A StatefulSet's replacement has the same name: it must not be taken for the pod that was meant.
        deleteOptions: { preconditions: { uid } },
      };
      const answer = await client.request({ method: "POST", path, body });
      return outcomeOf(`evict pod ${namespace}/${name}`, answer);
    },
  };
}

function outcomeOf(what: string, answer: ApiAnswer): EvictionOutcome {
  if (isSuccess(answer)) return { kind: "evicted" };
  const { statusCode, retryAfterMs } = answer;
  if (statusCode === 404 || statusCode === 409) return { kind: "gone" };
  if (statusCode === 429) return { kind: "delayed", reason: causeOf(answer), retryAfterMs };
  const isServers = statusCode >= 500 || statusCode === 401 || statusCode === 408;
  if (isServers && !hasTwoBudgets(answer)) throw failureOf(what, answer);
  return { kind: "refused", reason: reasonOf(answer) };
}

/**
 * Nothing is wrong with the server then, and trying again does not help.
 * Source: k8s.io/kubernetes/pkg/registry/core/pod/storage/eviction.go
 */
function hasTwoBudgets(answer: ApiAnswer): boolean {
  return answer.statusCode === 500 && reasonOf(answer).includes("more than one PodDisruptionBudget");
}

/** The budget's own words where it has any: how many pods it needs, and how many there are. */
function causeOf(answer: ApiAnswer): string {
  const details = isRecord(answer.body) && isRecord(answer.body.details) ? answer.body.details : {};
  const [cause]: unknown[] = Array.isArray(details.causes) ? details.causes : [];
  const message = isRecord(cause) ? cause.message : undefined;
  return typeof message === "string" && message !== "" ? message : reasonOf(answer);
}
