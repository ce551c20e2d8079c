/** Puts the question that a plugin is asked for one pod, or says why there is nothing to ask. */
import type { DelayTable } from "../core/graph/delay-table.ts";
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import type { Neighbour } from "../core/graph/pair-totals.ts";
import type { NeutralReason } from "./neutral.ts";
import type { AssumedPods } from "./placement/assumed-pods.ts";
import type { ClusterState } from "./placement/cluster-state.ts";
import type { CostOrigin, CurrentCosts } from "./placement/current-costs.ts";
import type { Expected } from "./placement/demand-prior.ts";
import type { FlowOrigin } from "./placement/expected-flow.ts";
import type { NodeFinder } from "./placement/node-finder.ts";
import { withAssumed } from "./placement/with-assumed.ts";
import type { ScoringInput, ScoringPeer } from "./plugins/score-plugin.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";

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

export interface Knowledge {
  readonly graph: FlowGraph;
  readonly delays: DelayTable;
  readonly costs: CurrentCosts;
  readonly assumed: AssumedPods;
  readonly finder: NodeFinder;
  /** Undefined until the view has synced. */
  readonly state: ClusterState | undefined;
  readonly nowMs: number;
  /** What is expected of the pod's workload; asked only while nothing of it is measured. */
  readonly expected: () => Expected;
}

type QuestionConfig = Pick<SchedulerConfig, "staleAfterMs" | "ignoredBelowBytesPerSecond">;

export function questionFor(
  workload: string,
  nodeNames: readonly string[],
  { graph, delays, costs, assumed, finder, state, nowMs, expected }: Knowledge,
  { staleAfterMs, ignoredBelowBytesPerSecond }: QuestionConfig,
): Asked {
  if (!state) return neutral("view-unsynced");
  const isCounting = ({ bytesPerSecond }: { readonly bytesPerSecond: number }) =>
    bytesPerSecond >= ignoredBelowBytesPerSecond && bytesPerSecond > 0;
  const silence = silenceOf(graph, nowMs - staleAfterMs);
  const measured = silence ? [] : graph.neighboursOf(workload).filter(isCounting).map(asMeasured);
  const { neighbours, remarks } = measured.length > 0 ? { neighbours: measured, remarks: [] } : expected();
  const counting = neighbours.filter(isCounting);
  if (counting.length === 0) return neutral(silence ?? "flows-unknown", remarks);
  const replicasOf = (key: string) => withAssumed(state.replicasOf(key), assumed.nodesOf(key));
  const peers = counting
    .map(({ workload: key, ...rates }) => ({
      ...rates,
      workload: key,
      isOwn: key === workload,
      replicas: replicasOf(key),
    }))
    .filter(({ replicas }) => replicas.total > 0);
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

/** Why nothing that was measured counts, if so. */
function silenceOf({ lastReadingAtMs }: FlowGraph, staleBeforeMs: number): NeutralReason | undefined {
  if (lastReadingAtMs === undefined) return "telemetry-missing";
  return lastReadingAtMs < staleBeforeMs ? "telemetry-stale" : undefined;
}

function asMeasured(neighbour: Neighbour) {
  return { ...neighbour, origin: "measured" as const };
}

function neutral(reason: NeutralReason, remarks: readonly string[] = []): Asked {
  return { kind: "neutral", reason, remarks };
}
