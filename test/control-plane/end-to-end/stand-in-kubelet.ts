/**
 * Stands in for the kubelets of hand-made nodes, and for nothing but the containers: a pod of the mesh that is bound to one of
 * the nodes runs in this process, its sample function and its proxy, on a loopback address of its own. Everything else is as it
 * is in a cluster: pods come from the API server, their status goes back to it, and the bytes go through real sockets.
 */
import type { V1Container, V1Pod } from "@kubernetes/client-node";
import { meshLabel, proxyAdminPort } from "../../../core/model/mesh-snapshot.ts";
import { type Pod, podKey } from "../../../core/model/pod.ts";
import { messageOf } from "../../../core/model/weft-error.ts";
import type { ClusterView } from "../../../core/ports/cluster-view.ts";
import { type PodDeps, type PodRun, type RunningPod, runPod } from "../../../lab/pod-runner.ts";
import type { KubernetesClient } from "../../../platform/kubernetes/kubernetes-client.ts";
import { podAddressVariable } from "../../../platform/schema/deployment.ts";
import { waitUntil } from "../../tools/wait-until.ts";
import { createPodApi, type PodApi } from "./pod-api.ts";

export interface StandInKubelet {
  /** What runs for a pod, by `namespace/name`. */
  runningPod(key: string): RunningPod | undefined;
  /** Why a pod could not be run: then nothing that waits for it will come. */
  failure(): string | undefined;
  /** Stops every pod; the API server is not told. */
  stop(): Promise<void>;
}

export interface StandInKubeletOptions extends PodDeps {
  readonly client: KubernetesClient;
  readonly view: Pick<ClusterView, "pods">;
  readonly nodes: readonly string[];
  readonly controlUrl: string;
  readonly proxy?: PodRun["proxy"];
  /** `127.x`, the first half of all its pods' addresses. */
  readonly addressBlock: string;
}

/** One pod from its binding to its end. */
interface PodLife {
  readonly pod: Pod;
  readonly address: string;
  running: RunningPod | undefined;
  isEnding: boolean;
  /** Everything begun for the pod, one after another; never rejects. */
  work: Promise<void>;
}

const podsMax = 250;
const readyTimeoutMs = 30_000;

export function startStandInKubelet(options: StandInKubeletOptions): StandInKubelet {
  const { client, view, nodes, log } = options;
  const api = createPodApi(client);
  const lives = new Map<string, PodLife>();
  let addressCount = 0;
  let failure: string | undefined;

  function afterwards(life: PodLife, what: string, step: () => Promise<void>): void {
    life.work = life.work.then(step).catch((error: unknown) => {
      failure ??= `cannot ${what} pod ${podKey(life.pod)}: ${messageOf(error)}`;
      log.warn("stand-in kubelet failed", { failure });
    });
  }

  function begin(pod: Pod): void {
    if (addressCount >= podsMax) {
      failure ??= `the stand-in kubelet runs at most ${podsMax} pods`;
      return;
    }
    addressCount += 1;
    const address = `${options.addressBlock}.0.${addressCount}`;
    const life: PodLife = { pod, address, running: undefined, isEnding: false, work: Promise.resolve() };
    lives.set(pod.uid, life);
    afterwards(life, "run", () => runReported(life, options, api));
  }

  function end(life: PodLife): void {
    life.isEnding = true;
    afterwards(life, "stop", () => stopRunning(life));
    afterwards(life, "end", () => api.remove(life.pod));
    afterwards(life, "forget", async () => {
      lives.delete(life.pod.uid);
    });
  }

  function reconcile(): void {
    const present = new Set<string>();
    for (const pod of view.pods.list()) {
      if (pod.node === undefined || !nodes.includes(pod.node) || pod.labels[meshLabel] !== "enabled") continue;
      present.add(pod.uid);
      const life = lives.get(pod.uid);
      if (!life && !pod.isTerminating && !pod.isFinished) begin(pod);
      if (life && pod.isTerminating && !life.isEnding) end(life);
    }
    for (const life of lives.values()) if (!present.has(life.pod.uid) && !life.isEnding) end(life);
  }

  const unsubscribe = view.pods.subscribe(reconcile);
  reconcile();
  return {
    runningPod: (key) => [...lives.values()].find(({ pod }) => podKey(pod) === key)?.running,
    failure: () => failure,
    async stop() {
      unsubscribe();
      for (const life of lives.values()) life.isEnding = true;
      await Promise.all([...lives.values()].map(({ work }) => work));
      await Promise.all([...lives.values()].map(stopRunning));
      lives.clear();
    },
  };
}

/** The address is told first: without it mesh-control has no snapshot for the proxy, and the proxy never gets ready. */
async function runReported(life: PodLife, options: StandInKubeletOptions, api: PodApi): Promise<void> {
  const { pod, address } = life;
  if (life.isEnding) return;
  const object = await api.read(pod);
  await api.report(pod, { address, isReady: false });
  const container = containerOf(object);
  const { controlUrl, proxy } = options;
  const run: PodRun = { pod, address, container, controlUrl, proxy, hosts: new Map() };
  life.running = await runPod(run, options);
  const isReady = await untilReady(life);
  if (isReady) await api.report(pod, { address, isReady: true });
}

/** False when the pod ends before it is ready. */
async function untilReady(life: PodLife): Promise<boolean> {
  const url = `http://${life.address}:${proxyAdminPort}/readyz`;
  return waitUntil(async () => (life.isEnding ? "ending" : (await fetch(url)).ok && "ready"), {
    what: `${url} answers 200`,
    timeoutMs: readyTimeoutMs,
    pollMs: 20,
  }).then((outcome) => outcome === "ready");
}

async function stopRunning(life: PodLife): Promise<void> {
  const { running } = life;
  life.running = undefined;
  await running?.stop();
}

function containerOf(pod: V1Pod): PodRun["container"] {
  const [container] = pod.spec?.containers ?? [];
  return { args: container?.args ?? [], env: Object.fromEntries((container?.env ?? []).map(environmentEntry)) };
}

function environmentEntry({ name, value = "", valueFrom }: NonNullable<V1Container["env"]>[number]): [string, string] {
  return [name, valueFrom?.fieldRef?.fieldPath === "status.podIP" ? podAddressVariable : value];
}
