import type { Pod } from "../model/pod.ts";

/** Ends a pod as its owner may allow: through disruption budgets and with time to end. */
export interface PodEvictor {
  /** Asking again for the same pod takes no second one away. @throws WeftError kubernetes-unavailable */
  evict(pod: Pick<Pod, "namespace" | "name" | "uid">): Promise<EvictionOutcome>;
}

export type EvictionOutcome =
  /** It is on its way out. */
  | { readonly kind: "evicted" }
  /** There is no such pod, or another one of its name. */
  | { readonly kind: "gone" }
  /** Not now: a disruption budget does not allow it, or the API server has too much to do. */
  | { readonly kind: "delayed"; readonly reason: string; readonly retryAfterMs: number | undefined }
  /** Never as things are. */
  | { readonly kind: "refused"; readonly reason: string };
