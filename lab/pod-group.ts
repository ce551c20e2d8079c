/** The pods of one placement: scheduled, started, and stopped together. */
import { present } from "../core/model/invariant.ts";
import { type Pod, podKey, podOf } from "../core/model/pod.ts";
import { WeftError } from "../core/model/weft-error.ts";
import type { MemoryCluster } from "../platform/memory/memory-cluster.ts";
import { allStarted } from "./all-started.ts";
import type { LabNetwork } from "./lab-network.ts";
import { hostsOf, type PlannedPod, plannedPod, plannedPods, type StandingPod, standingPods } from "./planned-pods.ts";
import { type PodDeps, type RunningPod, runPod } from "./pod-runner.ts";
import type { PlacedPod } from "./stand-in-scheduler.ts";
import { isLoad, type World } from "./world.ts";

export interface PodGroup {
  /** Nodes by workload and replica, for counting moves. */
  readonly nodeByReplica: ReadonlyMap<string, string>;
  /** Those that run now, the load too. */
  running(): readonly RunningPod[];
  /** Anew each time: what is left of the load before is stopped first. */
  startLoad(settingsOf?: LoadSettings): Promise<readonly RunningPod[]>;
  /** One pod more of a Deployment, scheduled beside the others. Only of the last group: its address is the next one's first. */
  addReplica(workload: { readonly namespace: string; readonly name: string }): Promise<RunningPod>;
  stop(): Promise<void>;
}

/** Further `key=value` pairs for a load generator. */
export type LoadSettings = (pod: Pod) => readonly string[];

export interface PodGroupDeps extends PodDeps {
  readonly world: World;
  readonly cluster: MemoryCluster;
  readonly network: LabNetwork;
  readonly controlUrl: string;
}

export interface PodGroupOptions {
  readonly generation: number;
  /** Of the first pod, among all that the lab starts. */
  readonly firstIndex: number;
  readonly extenderUrl?: string | undefined;
}

/** Schedules every pod by the default scores, or by the extender's where there is one, and starts all but the load. */
export async function startPodGroup(deps: PodGroupDeps, options: PodGroupOptions): Promise<PodGroup> {
  const { world, cluster, network } = deps;
  const { generation, firstIndex, extenderUrl } = options;
  const onBound = ({ object, node }: PlacedPod) =>
    cluster.pods.put(podOf({ ...object, spec: { ...object.spec, nodeName: node } }));
  const scheduling = { nodes: world.nodes, extenderUrl, onBound };
  const planned = world.deployments.flatMap((deployment) => plannedPods(deployment, generation));
  const pods = [...(await standingPods(planned, firstIndex, scheduling))];
  await attach(pods);

  const running = new Map<StandingPod, RunningPod>();
  const first = pods.map(({ pod }) => pod);
  const hosts = hostsOf(world, first);
  const load = pods.filter(({ deployment }) => isLoad(deployment));

  function attach(standing: readonly StandingPod[]): Promise<unknown> {
    return Promise.all(
      standing.map(({ pod, node, index }) => network.attach({ address: pod.address ?? "", index, node })),
    );
  }

  async function start(standing: StandingPod, settings: readonly string[] = []): Promise<RunningPod> {
    const { pod, deployment } = standing;
    const { args, env } = present(deployment.containers[0], "container");
    const container = { args: [...args, ...settings.flatMap((pair) => ["--set", pair])], env };
    const started = await runPod(
      { pod, address: pod.address ?? "", container, controlUrl: deps.controlUrl, hosts },
      deps,
    );
    running.set(standing, started);
    cluster.pods.put({ ...pod, isReady: true });
    return started;
  }

  async function stopLoad(): Promise<void> {
    for (const standing of load) {
      const pod = running.get(standing);
      if (!pod) continue;
      running.delete(standing);
      cluster.pods.put(standing.pod);
      await pod.stop();
    }
  }

  async function startLoad(settingsOf: LoadSettings = () => []): Promise<readonly RunningPod[]> {
    await stopLoad();
    return allStarted(load.map(async (each) => withEnd(each, await start(each, settingsOf(each.pod)))));
  }

  async function addReplica(workload: { readonly namespace: string; readonly name: string }): Promise<RunningPod> {
    const of = pods.filter(
      ({ deployment: { namespace, name } }) => namespace === workload.namespace && name === workload.name,
    );
    const { deployment } = present(of[0], `pod of ${workload.name}`);
    const one = [plannedPod(deployment, generation, of.length)];
    const added = await standingPods(one, firstIndex + pods.length, { ...scheduling, bound: pods });
    pods.push(...added);
    await attach(added);
    return start(present(added[0], "added pod"));
  }

  async function stop(): Promise<void> {
    for (const one of [...running.values()].reverse()) await one.stop();
    running.clear();
    for (const { pod } of pods) cluster.pods.delete(podKey(pod));
    await network.detachAll();
  }

  try {
    await allStarted(pods.filter(({ deployment }) => !isLoad(deployment)).map((each) => start(each)));
  } catch (error) {
    await stop();
    throw error;
  }
  const nodeByReplica = new Map(pods.map(({ replica, node }) => [replica, node]));
  return { nodeByReplica, running: () => [...running.values()], startLoad, addReplica, stop };
}

/** A load without an end could not be measured to its end. */
function withEnd({ deployment: { name } }: PlannedPod, pod: RunningPod): RunningPod {
  if (pod.sample.finished) return pod;
  throw new WeftError(
    "manifest-invalid",
    `Deployment ${name}: its load has no end: only the samples gnb and camera have one, with durationMs (or a gnb's ueCount)`,
  );
}
