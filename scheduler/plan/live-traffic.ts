/** What a cluster's workloads send each other: what is measured, and what is expected of those of which nothing is. */
import { type Flow, type FlowEnd, flowBytesPerSecond } from "../../core/model/flow.ts";
import type { PairTraffic } from "../../core/model/placement.ts";
import type { TrafficProfile } from "../../core/model/traffic-profile.ts";
import { workloadKey } from "../../core/model/workload.ts";
import { annotatedFlows } from "../placement/annotated-flows.ts";
import { chainFlows } from "../placement/chain-flows.ts";
import type { ChainContext } from "../placement/chain-layers.ts";
import { DemandPrior } from "../placement/demand-prior.ts";
import type { FlowOrigin } from "../placement/expected-flow.ts";
import { LearnedFlows } from "../placement/learned-flows.ts";
import { WorkloadSamples } from "../placement/workload-samples.ts";
import type { LiveCluster } from "./live-input.ts";

export interface LiveTrafficInput {
  readonly measured: readonly Flow[];
  readonly profiles: readonly TrafficProfile[];
  readonly cluster: LiveCluster;
  readonly nowMs: number;
}

export interface LiveTraffic {
  /** Each pair of workloads once; by name, as its ends are. */
  readonly pairs: readonly PairTraffic[];
  /** How many of them each origin spoke of. */
  readonly pairsByOrigin: ReadonlyMap<FlowOrigin, number>;
}

/** As the scheduler has them unless told. */
const PROFILE_HALF_LIFE_MS = 86_400_000;
const IGNORED_BELOW_BYTES_PER_SECOND = 1;

interface KnownPair extends PairTraffic {
  readonly origin: FlowOrigin;
}

/** As in the scheduler, what is expected of a workload counts while none of its flows is measured. */
export function liveTraffic(input: LiveTrafficInput): LiveTraffic {
  const pairs = measuredPairs(input.measured);
  const heard = new Set([...pairs.values()].flatMap(({ source, destination }) => [source, destination]));
  const samples = new WorkloadSamples();
  samples.setPods(input.cluster.pods);
  const prior = priorOf(input, samples);
  for (const { workload } of samples.all()) {
    if (heard.has(workload)) continue;
    for (const { workload: peer, bytesPerSecond, origin } of prior.of(workload).neighbours) {
      const [source, destination] = byName(workload, peer);
      const key = `${source} ${destination}`;
      if (bytesPerSecond < IGNORED_BELOW_BYTES_PER_SECOND || pairs.has(key)) continue;
      pairs.set(key, { source, destination, bytesPerSecond, origin });
    }
  }
  const pairsByOrigin = new Map<FlowOrigin, number>();
  for (const { origin } of pairs.values()) pairsByOrigin.set(origin, (pairsByOrigin.get(origin) ?? 0) + 1);
  const sorted = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1));
  return { pairs: sorted.map(([, { origin, ...pair }]) => pair), pairsByOrigin };
}

/** Both directions together, whoever opens the connections. */
function measuredPairs(flows: readonly Flow[]): Map<string, KnownPair> {
  const pairs = new Map<string, KnownPair>();
  for (const flow of flows) {
    const [source, destination] = byName(endKey(flow.source), endKey(flow.destination));
    const key = `${source} ${destination}`;
    const bytesPerSecond = (pairs.get(key)?.bytesPerSecond ?? 0) + flowBytesPerSecond(flow);
    pairs.set(key, { source, destination, bytesPerSecond, origin: "measured" });
  }
  for (const [key, { bytesPerSecond }] of pairs) if (bytesPerSecond < IGNORED_BELOW_BYTES_PER_SECOND) pairs.delete(key);
  return pairs;
}

function priorOf({ cluster, profiles, nowMs }: LiveTrafficInput, samples: WorkloadSamples): DemandPrior {
  const services = new Map(cluster.services.map((service) => [workloadKey(service), service]));
  const functions = new Map(cluster.serviceFunctions.map((each) => [workloadKey(each), each]));
  const context: ChainContext = {
    samples,
    serviceOf: (key) => services.get(key),
    functionOf: (key) => functions.get(key),
  };
  const learned = new LearnedFlows({
    halfLifeMs: PROFILE_HALF_LIFE_MS,
    flowsMax: Number.POSITIVE_INFINITY,
    ignoredBelowBytesPerSecond: IGNORED_BELOW_BYTES_PER_SECOND,
  });
  learned.restore(profiles, nowMs);
  const prior = new DemandPrior();
  prior.set("profile", { flows: learned.expected(nowMs), remarks: [] });
  prior.set("annotation", annotatedFlows(samples.all(), context));
  prior.set("chain", chainFlows(cluster.serviceFunctionChains, context));
  return prior;
}

function endKey({ namespace, workload }: FlowEnd): string {
  return workloadKey({ namespace, name: workload });
}

function byName(a: string, b: string): readonly [string, string] {
  return a < b ? [a, b] : [b, a];
}
