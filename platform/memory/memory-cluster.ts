import type { ServiceFunction, ServiceFunctionChain, ServiceFunctionPath } from "../../core/model/chain.ts";
import type { ClusterNode } from "../../core/model/cluster-node.ts";
import type { HttpRoute } from "../../core/model/http-route.ts";
import type { MeshPolicy } from "../../core/model/mesh-policy.ts";
import type { PlacementPlan } from "../../core/model/placement-plan.ts";
import { type Pod, podKey } from "../../core/model/pod.ts";
import { type Service, serviceKey } from "../../core/model/service.ts";
import type { ChainWriter } from "../../core/ports/chain-writer.ts";
import type { ClusterView } from "../../core/ports/cluster-view.ts";
import type { EventRecorder, ObjectEvent } from "../../core/ports/event-recorder.ts";
import { createKeyedCollection, type KeyedCollection } from "../../core/ports/keyed-collection.ts";
import type { PlanWriter } from "../../core/ports/plan-writer.ts";
import type { PodEvictor } from "../../core/ports/pod-evictor.ts";
import { createMemoryChainWriter } from "./memory-chain-writer.ts";
import { createMemoryEventRecorder } from "./memory-event-recorder.ts";
import { createMemoryPlanWriter } from "./memory-plan-writer.ts";
import { createMemoryPodEvictor } from "./memory-pod-evictor.ts";

/** A cluster that exists in this process only: the lab's, and the tests'. Whoever has it may change every object. */
export interface MemoryCluster extends ClusterView {
  readonly pods: KeyedCollection<Pod>;
  readonly nodes: KeyedCollection<ClusterNode>;
  readonly services: KeyedCollection<Service>;
  readonly serviceFunctions: KeyedCollection<ServiceFunction>;
  readonly serviceFunctionChains: KeyedCollection<ServiceFunctionChain>;
  readonly serviceFunctionPaths: KeyedCollection<ServiceFunctionPath>;
  readonly meshPolicies: KeyedCollection<MeshPolicy>;
  readonly httpRoutes: KeyedCollection<HttpRoute>;
  readonly grpcRoutes: KeyedCollection<HttpRoute>;
  readonly placementPlans: KeyedCollection<PlacementPlan>;
  readonly writer: ChainWriter;
  readonly planWriter: PlanWriter;
  readonly evictor: PodEvictor;
  readonly recorder: EventRecorder;
  /** The latest that were recorded, oldest first. */
  readonly events: readonly ObjectEvent[];
}

export interface MemoryClusterOptions {
  /** False until `markSynced` is called on each collection; true unless told. */
  readonly hasSynced?: boolean;
  /** Older events are forgotten; 1,000 unless told. */
  readonly eventsMax?: number;
  /** When plans are created; 0 unless told. */
  readonly nowMs?: () => number;
}

export function createMemoryCluster(options: MemoryClusterOptions = {}): MemoryCluster {
  const { hasSynced = true, eventsMax = 1000, nowMs = () => 0 } = options;
  function collection<T>(keyOf: (item: T) => string): KeyedCollection<T> {
    return createKeyedCollection({ keyOf, defer: queueMicrotask, hasSynced });
  }
  const collections = {
    pods: collection<Pod>(podKey),
    nodes: collection<ClusterNode>(({ name }) => name),
    services: collection<Service>(serviceKey),
    serviceFunctions: collection<ServiceFunction>(objectKey),
    serviceFunctionChains: collection<ServiceFunctionChain>(objectKey),
    serviceFunctionPaths: collection<ServiceFunctionPath>(objectKey),
    meshPolicies: collection<MeshPolicy>(objectKey),
    httpRoutes: collection<HttpRoute>(objectKey),
    grpcRoutes: collection<HttpRoute>(objectKey),
    placementPlans: collection<PlacementPlan>(objectKey),
  };
  const recorder = createMemoryEventRecorder(eventsMax);
  const { serviceFunctionChains: chains, serviceFunctionPaths: paths, placementPlans } = collections;
  return {
    ...collections,
    writer: createMemoryChainWriter({ chains, paths }),
    planWriter: createMemoryPlanWriter(placementPlans, nowMs),
    evictor: createMemoryPodEvictor(collections.pods),
    recorder,
    events: recorder.events,
  };
}

function objectKey({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
