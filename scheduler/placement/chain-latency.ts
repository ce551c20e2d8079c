/** What a chain would take at best through a new instance of one of its functions, by node. */
import { bestLatencies, type LayerNodes } from "./best-latencies.ts";
import type { ChainLayer } from "./chain-layers.ts";
import type { LatencyBetween } from "./node-latencies.ts";

export interface Standing {
  readonly nodeCount: number;
  /** Node indexes where replicas of a workload are bound. */
  readonly nodesOf: (workload: string) => Iterable<number>;
  readonly between: LatencyBetween;
}

/**
 * By node index, in ms: links and processing of the quickest way through the pod there. `roles` are the layers that the pod may be in:
 * it is taken as the one it is best for, and the others as if they stood beside it.
 */
export function chainLatencies(
  layers: readonly ChainLayer[],
  roles: readonly number[],
  { nodeCount, nodesOf, between }: Standing,
): Float64Array {
  const nodes = layers.map(({ workloads, function: passed }, layer): LayerNodes => {
    return roles.includes(layer) || passed?.mode === "Tap"
      ? []
      : [...new Set(workloads.flatMap((workload) => [...nodesOf(workload)]))];
  });
  const isThere = (layer: number) => roles.includes(layer) || (nodes[layer]?.length ?? 0) > 0;
  const processingMs = layers.reduce((sum, each, layer) => sum + processingDelayMs(each, isThere(layer)), 0);
  const best = new Float64Array(nodeCount).fill(Number.POSITIVE_INFINITY);
  for (const role of roles)
    for (const [node, linksMs] of bestLatencies(nodes, role, nodeCount, between).entries())
      best[node] = Math.min(best[node] ?? 0, linksMs + processingMs);
  return best;
}

/** Traffic goes past a tap, and past a function that may be bypassed and stands nowhere. */
function processingDelayMs({ function: passed }: ChainLayer, isThere: boolean): number {
  if (passed === undefined || passed.mode === "Tap") return 0;
  return isThere || passed.failurePolicy === "Block" ? passed.processingDelayMs : 0;
}
