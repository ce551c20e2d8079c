/** The chains that can run as one network to split, since they share instances and links. */
import type { ServiceFunction } from "../../core/model/chain.ts";
import type { NetworkChain, NetworkInstance, NetworkSource, SplitNetwork } from "../../core/model/split-network.ts";
import { type ClusterState, objectKey, type PlacedPod } from "./cluster-state.ts";
import { clusterUnderlay, type UnderlayLatencies } from "./cluster-underlay.ts";
import type { RunnableChain } from "./examine-chain.ts";

export interface NetworkInput extends UnderlayLatencies {
  readonly chains: readonly RunnableChain[];
  /** Bytes per second by the chain's `namespace/name`. */
  readonly demands: ReadonlyMap<string, number>;
  readonly state: ClusterState;
}

export function chainNetwork({ chains, demands, state, ...latencies }: NetworkInput): SplitNetwork {
  const functions = new Map<string, readonly NetworkInstance[]>();
  for (const { functions: ofChain, instances } of chains)
    for (const each of ofChain) functions.set(objectKey(each), instancesOf(each, instances.get(each.name) ?? []));
  const pods = chains.flatMap(({ sources, destinations, instances }) => [
    ...sources,
    ...destinations,
    ...[...instances.values()].flat(),
  ]);
  const underlay = clusterUnderlay(
    pods.map(({ node }) => node),
    state.nodes,
    latencies,
  );
  const networkChains = chains.map((each) => networkChain(each, demands.get(objectKey(each.chain)) ?? 0));
  return { name: "cluster", routing: { kind: "ecmp" }, ...underlay, functions, chains: networkChains };
}

/** What functions add to every way, so that the rest of the budget is the links'. */
export function processingDelayMs({ functions }: Pick<RunnableChain, "functions">): number {
  return functions.reduce((sum, { processingDelayMs: own }) => sum + own, 0);
}

function networkChain(runnable: RunnableChain, demand: number): NetworkChain {
  const { chain, functions, destinations } = runnable;
  const budgetMs = chain.latencyBudgetMs;
  return {
    name: objectKey(chain),
    sources: sourcesOf(runnable.sources),
    functions: functions.map(objectKey),
    scaling: functions.map(({ scaling }) => scaling),
    destinations: destinations.map(({ name, node }) => ({ name, node, capacity: Infinity })),
    demand,
    latencyMsMax: budgetMs === undefined ? undefined : budgetMs - processingDelayMs(runnable),
  };
}

/** Classifiers of one node decide alike, each pod sending its part. */
function sourcesOf(pods: readonly PlacedPod[]): readonly NetworkSource[] {
  const byNode = Map.groupBy(pods, ({ node }) => node);
  return [...byNode].map(([node, members]) => ({ name: node, node, share: members.length / pods.length }));
}

function instancesOf({ capacityBytesPerSecond = Infinity }: ServiceFunction, pods: readonly PlacedPod[]) {
  return pods.map(({ name, node }): NetworkInstance => ({ name, node, capacity: capacityBytesPerSecond }));
}
