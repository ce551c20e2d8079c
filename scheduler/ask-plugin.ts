/** Puts the question that a plugin is asked for one pod, or says why there is nothing to ask. */
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import type { Neighbour } from "../core/graph/pair-totals.ts";
import type { NeutralReason } from "./neutral.ts";
import type { AssumedPods } from "./placement/assumed-pods.ts";
import type { ClusterState } from "./placement/cluster-state.ts";
import type { NodeFinder } from "./placement/node-finder.ts";
import { withAssumed } from "./placement/with-assumed.ts";
import type { ScoringInput, ScoringPeer } from "./plugins/score-plugin.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";

/** A peer with both directions apart, for links. */
export interface TalkingPeer extends ScoringPeer {
  readonly sentBytesPerSecond: number;
  readonly receivedBytesPerSecond: number;
  /** When a counter last spoke of it. */
  readonly lastAtMs: number;
}

export interface Question extends ScoringInput {
  readonly peers: readonly TalkingPeer[];
}

export type Asked =
  | { readonly kind: "question"; readonly question: Question }
  | { readonly kind: "neutral"; readonly reason: NeutralReason };

export interface Knowledge {
  readonly graph: FlowGraph;
  readonly assumed: AssumedPods;
  readonly finder: NodeFinder;
  /** Undefined until the view has synced. */
  readonly state: ClusterState | undefined;
  readonly nowMs: number;
}

type QuestionConfig = Pick<SchedulerConfig, "staleAfterMs" | "ignoredBelowBytesPerSecond" | "localityCosts">;

export function questionFor(
  workload: string,
  nodeNames: readonly string[],
  { graph, assumed, finder, state, nowMs }: Knowledge,
  { staleAfterMs, ignoredBelowBytesPerSecond, localityCosts }: QuestionConfig,
): Asked {
  if (!state) return neutral("view-unsynced");
  if (graph.lastReadingAtMs === undefined) return neutral("telemetry-missing");
  if (nowMs - graph.lastReadingAtMs > staleAfterMs) return neutral("telemetry-stale");
  const isCounting = ({ bytesPerSecond }: Neighbour) =>
    bytesPerSecond >= ignoredBelowBytesPerSecond && bytesPerSecond > 0;
  const neighbours = graph.neighboursOf(workload).filter(isCounting);
  if (neighbours.length === 0) return neutral("flows-unknown");
  const replicasOf = (key: string) => withAssumed(state.replicasOf(key), assumed.nodesOf(key));
  const peers = neighbours
    .map(({ workload: key, ...rates }) => ({
      ...rates,
      workload: key,
      isOwn: key === workload,
      replicas: replicasOf(key),
    }))
    .filter(({ replicas }) => replicas.total > 0);
  if (peers.length === 0) return neutral("peers-unplaced");
  const { topology } = state;
  const candidates = finder.find(topology, nodeNames);
  return {
    kind: "question",
    question: { topology, candidates, own: replicasOf(workload), peers, costs: localityCosts },
  };
}

function neutral(reason: NeutralReason): Asked {
  return { kind: "neutral", reason };
}
