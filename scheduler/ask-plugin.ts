/** Puts the question that a plugin is asked for one pod, or says why there is nothing to ask. */
import type { DelayTable } from "../core/graph/delay-table.ts";
import { type DemandConfig, type DemandKnowledge, knownDemand } from "./known-demand.ts";
import type { NeutralReason } from "./neutral.ts";
import type { AssumedPods } from "./placement/assumed-pods.ts";
import type { ClusterState } from "./placement/cluster-state.ts";
import type { CostOrigin, CurrentCosts } from "./placement/current-costs.ts";
import type { FlowOrigin } from "./placement/expected-flow.ts";
import type { NodeFinder } from "./placement/node-finder.ts";
import { withAssumed } from "./placement/with-assumed.ts";
import type { ScoringInput, ScoringPeer } from "./plugins/score-plugin.ts";

/** A peer with both directions apart, for links. */
export interface TalkingPeer extends ScoringPeer {
  readonly sentBytesPerSecond: number;
  readonly receivedBytesPerSecond: number;
  /** When a counter last spoke of it, if one ever did. */
  readonly lastAtMs: number | undefined;
  /** Who says so. */
  readonly origin: FlowOrigin;
}

export interface Question extends ScoringInput {
  readonly peers: readonly TalkingPeer[];
  readonly costOrigin: CostOrigin;
  /** When anything was last heard of distances between nodes, if ever. */
  readonly distancesAtMs: number | undefined;
}

export type Asked =
  | { readonly kind: "question"; readonly question: Question; readonly remarks: readonly string[] }
  | { readonly kind: "neutral"; readonly reason: NeutralReason; readonly remarks: readonly string[] };

export interface Knowledge extends DemandKnowledge {
  readonly delays: DelayTable;
  readonly costs: CurrentCosts;
  readonly assumed: AssumedPods;
  readonly finder: NodeFinder;
  /** Undefined until the view has synced. */
  readonly state: ClusterState | undefined;
}

export function questionFor(
  workload: string,
  nodeNames: readonly string[],
  { delays, costs, assumed, finder, state, ...knowledge }: Knowledge,
  config: DemandConfig,
): Asked {
  if (!state) return neutral("view-unsynced");
  const { neighbours, remarks, silence } = knownDemand(workload, knowledge, config);
  if (neighbours.length === 0) return neutral(silence ?? "flows-unknown", remarks);
  const replicasOf = (key: string) => withAssumed(state.replicasOf(key), assumed.nodesOf(key));
  const peers = neighbours
    .map(({ workload: key, ...rates }) => ({
      ...rates,
      workload: key,
      isOwn: key === workload,
      replicas: replicasOf(key),
    }))
    .filter(({ replicas }) => replicas.total > 0)
    // Replicas of this program that know the same peers add them up in the same order.
    .sort((a, b) => (a.workload < b.workload ? -1 : 1));
  if (peers.length === 0) return neutral("peers-unplaced", remarks);
  const { topology } = state;
  const candidates = finder.find(topology, nodeNames);
  const { costs: ofGroups, origin } = costs.of(topology);
  const pricing = { costs: ofGroups, costOrigin: origin, distancesAtMs: delays.lastNewsAtMs };
  return {
    kind: "question",
    remarks,
    question: { topology, candidates, own: replicasOf(workload), peers, ...pricing },
  };
}

function neutral(reason: NeutralReason, remarks: readonly string[] = []): Asked {
  return { kind: "neutral", reason, remarks };
}
