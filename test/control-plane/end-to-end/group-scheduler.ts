/** `weft scheduler` over a real cluster, for groups of pods of which only declarations tell: it leads by a real Lease and writes to the API server. */
import type { PodRelease } from "../../../core/ports/pod-release.ts";
import { createSystemClock } from "../../../platform/clock/system-clock.ts";
import { openKubernetesClient } from "../../../platform/kubernetes/kubernetes-client.ts";
import { openClusterView } from "../../../platform/kubernetes/kubernetes-cluster-view.ts";
import { createEventRecorder } from "../../../platform/kubernetes/kubernetes-event-recorder.ts";
import { createPodRelease } from "../../../platform/kubernetes/kubernetes-pod-release.ts";
import { startLeaseLeadership } from "../../../platform/kubernetes/lease-leadership.ts";
import { createLog } from "../../../platform/log/pino-log.ts";
import { startScheduler } from "../../../scheduler/scheduler.ts";
import { schedulerConfigSchema } from "../../../scheduler/scheduler-config.ts";
import { createScriptedFlowSource, unavailable } from "../../fakes/scripted-flow-source.ts";
import { waitUntil } from "../../tools/wait-until.ts";
import type { ControlPlaneConnection } from "../control-plane.ts";

export interface GroupScheduler {
  readonly url: string;
  readonly isLeader: boolean;
  /** Gated pods that it let go. */
  readonly released: readonly string[];
  /** The value of a metric's line, such as `weft_scheduler_gated_pods`. */
  metric(line: string): Promise<number>;
  /** What `/v1/explain` says of the pod's plan. */
  plan(namespace: string, pod: string): Promise<{ readonly kind: string; readonly node: string } | undefined>;
  stop(): Promise<void>;
}

export interface GroupSchedulerOptions {
  /** Of the Lease. */
  readonly namespace: string;
  readonly identity?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** Stands between the scheduler and the API server. */
  readonly wrapRelease?: (release: PodRelease) => PodRelease;
}

/** Resolves when pods and nodes have been read. */
export async function startGroupScheduler(
  connection: ControlPlaneConnection,
  { namespace, identity = "the-only-replica", config = {}, wrapRelease = (release) => release }: GroupSchedulerOptions,
): Promise<GroupScheduler> {
  const [clock, log] = [createSystemClock(), createLog({ level: "error", name: "test" })];
  const client = openKubernetesClient({ clock, kubeconfigPath: connection.paths.adminKubeconfig });
  const deps = { client, clock, log, random: Math.random };
  const view = openClusterView({ ...deps, kinds: ["pods", "nodes", "services"], readers: {} });
  const flowSource = createScriptedFlowSource(clock);
  flowSource.failure = unavailable();
  const leadership = startLeaseLeadership({ ...deps, namespace, name: "weft-scheduler", identity });
  const recorder = createEventRecorder({ client, clock, controller: "weft.dev/scheduler", identity });
  const released: string[] = [];
  const real = createPodRelease({ client });
  const release = wrapRelease({
    async release(pod, target) {
      const outcome = await real.release(pod, target);
      if (outcome === "released") released.push(pod.name);
      return outcome;
    },
  });
  const parsed = schedulerConfigSchema.parse({ host: "127.0.0.1", port: 0, events: { perSecondMax: 1000 }, ...config });
  const running = await startScheduler(parsed, { ...deps, view, flowSource, recorder, gates: { release, leadership } });
  await waitUntil(() => view.unsynced().length === 0, { what: "the cluster has been read", timeoutMs: 30_000 });
  return {
    ...{ url: running.url, released },
    get isLeader() {
      return leadership.isLeader;
    },
    async metric(line) {
      const text = await (await fetch(`${running.url}/metrics`)).text();
      const found = text.split("\n").find((each) => each.startsWith(`${line} `));
      return Number(found?.slice(line.length + 1) ?? 0);
    },
    async plan(of, pod) {
      const answer = await fetch(`${running.url}/v1/explain/${of}/${pod}`);
      const { prioritize, filter } = (await answer.json()) as Readonly<Record<string, { plan?: never } | undefined>>;
      return (prioritize ?? filter)?.plan;
    },
    async stop() {
      await running.stop();
      await leadership.stop();
      await view.stop();
      client.close();
    },
  };
}
