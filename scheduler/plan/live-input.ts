/** The cluster as it is, with the traffic that it has. */
import type { ServiceFunction, ServiceFunctionChain } from "../../core/model/chain.ts";
import type { ClusterNode } from "../../core/model/cluster-node.ts";
import type { Flow } from "../../core/model/flow.ts";
import type { Pod } from "../../core/model/pod.ts";
import type { Service } from "../../core/model/service.ts";
import type { TrafficProfile } from "../../core/model/traffic-profile.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { FlowSource } from "../../core/ports/flow-source.ts";
import type { ProfileStore } from "../../core/ports/profile-store.ts";
import type { ClusterScenarioInput } from "../placement/cluster-scenario.ts";
import { liveTraffic } from "./live-traffic.ts";
import { observeFlows } from "./observe-flows.ts";

/** What is read of a cluster. */
export interface LiveCluster {
  readonly nodes: readonly ClusterNode[];
  readonly pods: readonly Pod[];
  readonly services: readonly Service[];
  readonly serviceFunctions: readonly ServiceFunction[];
  readonly serviceFunctionChains: readonly ServiceFunctionChain[];
}

export interface LiveInputDeps {
  readonly readCluster: () => Promise<LiveCluster>;
  /** Of counters of these pods' traffic; undefined where none of them has any. */
  readonly openFlowSource: (pods: readonly Pod[]) => Promise<FlowSource | undefined>;
  /** The flow source was asked for by name: it is an error if it does not answer. */
  readonly isFlowSourceRequired: boolean;
  readonly profiles: Pick<ProfileStore, "read">;
  readonly clock: Clock;
  /** Takes lines that tell people where traffic is known from. */
  readonly say: (line: string) => void;
}

export interface LiveInputOptions {
  readonly name: string;
  /** How long flows are measured; 0 for not at all. */
  readonly observeMs: number;
}

/** Whose pods stay where they are: what a cluster itself runs on. */
const unmovedNamespace = "kube-system";

/**
 * Pods that are pending are planned, pods that can be moved may move. Traffic is what is measured; of workloads of which nothing
 * is, what TrafficProfile objects, annotations and chains expect.
 *
 * @throws WeftError kubernetes-* when the cluster cannot be read, telemetry-* when a flow source that is required does not
 * answer
 */
export async function liveInput(deps: LiveInputDeps, options: LiveInputOptions): Promise<ClusterScenarioInput> {
  const { clock, say } = deps;
  const measured = await measuredFlows(deps, options.observeMs);
  const [cluster, profiles] = await Promise.all([deps.readCluster(), storedProfiles(deps)]);
  const { pairs, pairsByOrigin } = liveTraffic({ measured, profiles, cluster, nowMs: clock.nowMs() });
  const counts = [...pairsByOrigin].map(([origin, count]) => `${count} by ${origin}`);
  say(`traffic between ${pairs.length} pairs of workloads${counts.length > 0 ? `: ${counts.join(", ")}` : ""}`);
  return {
    name: options.name,
    nodes: [...cluster.nodes].sort((a, b) => (a.name < b.name ? -1 : 1)),
    pods: cluster.pods,
    pending: cluster.pods.filter(({ node, isFinished }) => node === undefined && !isFinished),
    isMovable: ({ namespace }) => namespace !== unmovedNamespace,
    traffic: pairs,
  };
}

async function measuredFlows(deps: LiveInputDeps, observeMs: number): Promise<readonly Flow[]> {
  if (observeMs === 0) return [];
  const { pods } = await deps.readCluster();
  const flowSource = await deps.openFlowSource(pods);
  if (flowSource === undefined) {
    deps.say("flows could not be measured: no pod has a proxy that is ready");
    return [];
  }
  try {
    const flows = await observeFlows({ flowSource, clock: deps.clock, observeMs });
    deps.say(`flows were measured over ${observeMs / 1000} s by ${flowSource.name}`);
    return flows;
  } catch (error) {
    if (deps.isFlowSourceRequired) throw error;
    deps.say(`flows could not be measured by ${flowSource.name}: ${messageOf(error)}`);
    return [];
  }
}

/** A cluster without Weft's own kinds has none. */
async function storedProfiles({ profiles: store, say }: LiveInputDeps): Promise<readonly TrafficProfile[]> {
  try {
    const { profiles, unreadable } = await store.read();
    for (const { namespace, field, reason } of unreadable)
      say(`the traffic profile of ${namespace} cannot be read: ${field}: ${reason}`);
    return profiles;
  } catch (error) {
    say(`traffic profiles cannot be read: ${messageOf(error)}`);
    return [];
  }
}
