/** Asks for the anchor of a pod whose peers stand nowhere, by all that is known of flows, replicas and room. */
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import { type Anchor, anchorNode } from "./anchor-node.ts";
import { knownDemand } from "./known-demand.ts";
import type { AssumedPods } from "./placement/assumed-pods.ts";
import { withAssumed } from "./placement/with-assumed.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";
import type { WatchedCluster } from "./watched-cluster.ts";
import type { WatchedDemand } from "./watched-demand.ts";
import type { AskedPod } from "./wire/parse-args.ts";

export interface AnchorDeps {
  readonly cluster: WatchedCluster;
  readonly graph: FlowGraph;
  readonly assumed: AssumedPods;
  readonly demand: WatchedDemand;
  readonly config: SchedulerConfig;
}

export type FindAnchor = (pod: AskedPod, nodeNames: readonly string[], nowMs: number) => Anchor | undefined;

/** Work in proportion to the flows on the way, plus one pass over the node names. */
export function createAnchorFinder({ cluster, graph, assumed, demand, config }: AnchorDeps): FindAnchor {
  return (pod, nodeNames, nowMs) => {
    const state = cluster.current(nowMs);
    return anchorNode(pod.workload, nodeNames, {
      neighboursOf(workload) {
        const asked = workload === pod.workload ? pod : anyPodOf(workload);
        return knownDemand(workload, { graph, nowMs, expected: () => demand.expectedOf(asked) }, config).neighbours;
      },
      replicasOf: (workload) => withAssumed(state.replicasOf(workload), assumed.nodesOf(workload)),
      freePartOf: cluster.freeParts(nowMs),
    });
  };
}

function anyPodOf(workload: string): AskedPod {
  const [namespace = ""] = workload.split("/", 1);
  return { namespace, name: "", uid: "", labels: {}, workload };
}
