/** The pods of one placement: scheduled, started, and stopped together. */

import { present } from "../core/model/invariant.ts";
import type { Pod } from "../core/model/pod.ts";
import { type PodObject, podKey, podOf } from "../core/model/pod.ts";
import { selects } from "../core/model/service.ts";
import { WeftError } from "../core/model/weft-error.ts";
import type { MemoryCluster } from "../platform/memory/memory-cluster.ts";
import type { Deployment } from "../platform/schema/deployment.ts";
import { podAddress } from "./address-plan.ts";
import { allStarted } from "./all-started.ts";
import type { LabNetwork } from "./lab-network.ts";
import { podObjects } from "./pod-objects.ts";
import { type PodDeps, type RunningPod, runPod } from "./pod-runner.ts";
import { schedule } from "./stand-in-scheduler.ts";
import { isLoad, type World } from "./world.ts";

export interface PodGroup {
  /** Nodes by workload and replica, for counting moves. */
  readonly nodeByReplica: ReadonlyMap<string, string>;
  startLoad(): Promise<readonly RunningPod[]>;
  stop(): Promise<void>;
}

export interface PodGroupDeps extends PodDeps {
  readonly world: World;
  readonly cluster: MemoryCluster;
  readonly network: LabNetwork;
  readonly controlUrl: string;
}

interface PlannedPod {
  readonly object: PodObject;
  readonly deployment: Deployment;
  /** The same for every placement. */
  readonly replica: string;
}

/** Schedules every pod by the default scores, or by the extender's where there is one, and starts all but the load. */
export async function startPodGroup(
  deps: PodGroupDeps,
  { generation, firstIndex, extenderUrl }: { generation: number; firstIndex: number; extenderUrl?: string | undefined },
): Promise<PodGroup> {
  const { world, cluster, network } = deps;
  const planned = world.deployments.flatMap((deployment) => plannedPods(deployment, generation));
  const placed = await schedule(
    planned.map(({ object }) => object),
    {
      nodes: world.nodes,
      extenderUrl,
      onBound: ({ object, node }) => cluster.pods.put(podOf({ ...object, spec: { ...object.spec, nodeName: node } })),
    },
  );
  const pods = placed.map(({ object, node }, index) => ({
    ...present(planned[index], "planned pod"),
    node,
    index: firstIndex + index,
    pod: podOf(withNode(object, node, podAddress(firstIndex + index))),
  }));
  await Promise.all(pods.map(({ pod, node, index }) => network.attach({ address: pod.address ?? "", index, node })));

  const running: RunningPod[] = [];
  const hosts = hostsOf(
    world,
    pods.map(({ pod }) => pod),
  );
  const start = async ({ pod, deployment }: (typeof pods)[number]) => {
    const container = present(deployment.containers[0], "container");
    const started = await runPod(
      { pod, address: pod.address ?? "", container, controlUrl: deps.controlUrl, hosts },
      deps,
    );
    running.push(started);
    cluster.pods.put({ ...pod, isReady: true });
    return started;
  };
  const load = pods.filter(({ deployment }) => isLoad(deployment));
  const stop = async () => {
    for (const one of running.splice(0).reverse()) await one.stop();
    for (const { pod } of pods) cluster.pods.delete(podKey(pod));
    await network.detachAll();
  };
  try {
    await allStarted(pods.filter(({ deployment }) => !isLoad(deployment)).map(start));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    nodeByReplica: new Map(pods.map(({ replica, node }) => [replica, node])),
    startLoad: () => allStarted(load.map(async (pod) => withEnd(pod, await start(pod)))),
    stop,
  };
}

/** A load without an end could not be measured to its end. */
function withEnd({ deployment: { name } }: PlannedPod, pod: RunningPod): RunningPod {
  if (pod.sample.finished) return pod;
  throw new WeftError(
    "manifest-invalid",
    `Deployment ${name}: its load has no end: only the sample gnb with ueCount or durationMs is one`,
  );
}

function plannedPods(deployment: Deployment, generation: number): readonly PlannedPod[] {
  const { namespace, name } = deployment;
  return podObjects(deployment, generation).map((object, index) => ({
    object,
    deployment,
    replica: namespace === "default" ? `${name}/${index}` : `${namespace}/${name}/${index}`,
  }));
}

function withNode(object: PodObject, nodeName: string, podIP: string): PodObject {
  return { ...object, spec: { ...object.spec, nodeName }, status: { phase: "Running", podIP } };
}

/** The first pod of every Service, as cluster DNS would answer for a headless one. */
function hostsOf(world: World, pods: readonly Pod[]): ReadonlyMap<string, string> {
  const found = world.services.flatMap(({ name, namespace, selector }) => {
    const pod = pods.find((candidate) => candidate.namespace === namespace && selects(selector, candidate.labels));
    return pod?.address ? [[name, pod.address] as const] : [];
  });
  return new Map(found);
}
