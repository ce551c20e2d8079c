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

/** Further `key=value` pairs for a load generator. */
export type LoadSettings = (pod: Pod) => readonly string[];

/** Schedules every pod by the default scores, or by the extender's where there is one, and starts all but the load. */
export async function startPodGroup(deps: PodGroupDeps, options: PodGroupOptions): Promise<PodGroup> {
  const group = new PodGroup(deps, options);
  try {
    await group.start();
    return group;
  } catch (error) {
    await group.stop();
    throw error;
  }
}

export class PodGroup {
  readonly #deps: PodGroupDeps;
  readonly #options: PodGroupOptions;
  readonly #pods: StandingPod[] = [];
  readonly #running = new Map<StandingPod, RunningPod>();
  #hosts: ReadonlyMap<string, string> = new Map();

  constructor(deps: PodGroupDeps, options: PodGroupOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Nodes by workload and replica, for counting moves. */
  get nodeByReplica(): ReadonlyMap<string, string> {
    return new Map(this.#pods.map(({ replica, node }) => [replica, node]));
  }

  /** Those that run now, the load too. */
  get running(): readonly RunningPod[] {
    return [...this.#running.values()];
  }

  /** Once. */
  async start(): Promise<void> {
    const { world } = this.#deps;
    await this.#stand(world.deployments.flatMap((each) => plannedPods(each, this.#options.generation)));
    this.#hosts = hostsOf(
      world,
      this.#pods.map(({ pod }) => pod),
    );
    const functions = this.#pods.filter(({ deployment }) => !isLoad(deployment));
    await allStarted(functions.map((each) => this.#run(each)));
  }

  /** Anew each time: what is left of the load before is stopped first. */
  async startLoad(settingsOf: LoadSettings = () => []): Promise<readonly RunningPod[]> {
    const load = this.#pods.filter(({ deployment }) => isLoad(deployment));
    for (const each of load) await this.#stopLoad(each);
    return allStarted(load.map(async (each) => withEnd(each, await this.#run(each, settingsOf(each.pod)))));
  }

  /** One pod more of a Deployment, scheduled beside the others. Only of the last group: its address is the next one's first. */
  async addReplica(workload: { readonly namespace: string; readonly name: string }): Promise<RunningPod> {
    const replicas = this.#pods.filter(
      ({ deployment: { namespace, name } }) => namespace === workload.namespace && name === workload.name,
    );
    const { deployment } = present(replicas[0], `pod of ${workload.name}`);
    const [added] = await this.#stand([plannedPod(deployment, this.#options.generation, replicas.length)]);
    return this.#run(present(added, "added pod"));
  }

  async stop(): Promise<void> {
    for (const each of this.running.toReversed()) await each.stop();
    this.#running.clear();
    for (const { pod } of this.#pods) this.#deps.cluster.pods.delete(podKey(pod));
    await this.#deps.network.detachAll();
  }

  /** Schedules them beside those that stand already, and links them to the other nodes. */
  async #stand(planned: readonly PlannedPod[]): Promise<readonly StandingPod[]> {
    const { world, cluster, network } = this.#deps;
    const { firstIndex, extenderUrl } = this.#options;
    const onBound = ({ object, node }: PlacedPod) =>
      cluster.pods.put(podOf({ ...object, spec: { ...object.spec, nodeName: node } }));
    const scheduling = { nodes: world.nodes, extenderUrl, onBound, bound: [...this.#pods] };
    const pods = await standingPods(planned, firstIndex + this.#pods.length, scheduling);
    this.#pods.push(...pods);
    await Promise.all(pods.map(({ pod, node, index }) => network.attach({ address: pod.address ?? "", index, node })));
    return pods;
  }

  async #run(standing: StandingPod, settings: readonly string[] = []): Promise<RunningPod> {
    const { pod, deployment } = standing;
    const { args, env } = present(deployment.containers[0], "container");
    const container = { args: [...args, ...settings.flatMap((pair) => ["--set", pair])], env };
    const { controlUrl, cluster } = this.#deps;
    const run = { pod, address: pod.address ?? "", container, controlUrl, hosts: this.#hosts };
    const started = await runPod(run, this.#deps);
    this.#running.set(standing, started);
    cluster.pods.put({ ...pod, isReady: true });
    return started;
  }

  async #stopLoad(standing: StandingPod): Promise<void> {
    const pod = this.#running.get(standing);
    if (!pod) return;
    this.#running.delete(standing);
    this.#deps.cluster.pods.put(standing.pod);
    await pod.stop();
  }
}

/** A load without an end could not be measured to its end. */
function withEnd({ deployment: { name } }: PlannedPod, pod: RunningPod): RunningPod {
  if (pod.sample.finished) return pod;
  throw new WeftError(
    "manifest-invalid",
    `Deployment ${name}: its load has no end: only the samples gnb and camera have one, with durationMs (or a gnb's ueCount)`,
  );
}
