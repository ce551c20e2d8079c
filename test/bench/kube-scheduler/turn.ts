/** One turn of one subject: it starts, warms up, takes a burst of pods, and leaves the cluster as it was. */
import { defaultLocalityCosts } from "../../../core/model/locality.ts";
import { placementCost } from "../../../core/model/placement.ts";
import type { TrafficProfile } from "../../../core/model/traffic-profile.ts";
import { waitUntil } from "../../tools/wait-until.ts";
import { cpuTimeMs } from "../proxy/cpu-time.ts";
import type { BenchCluster } from "./bench-cluster.ts";
import { boundPlacement, trafficIn } from "./bound-placement.ts";
import { podsOf, type SliceWorkload } from "./five-g-slices.ts";
import { type BurstResult, runBurst } from "./pod-burst.ts";
import { cyclesBetween, readCycles, type SchedulingCycles } from "./scheduling-cycles.ts";
import type { RunningSubject, SubjectContext } from "./start-subject.ts";
import type { Subject } from "./subjects.ts";

export interface TurnOptions extends SubjectContext {
  /** Tells this turn's pods from those of all others. */
  readonly id: string;
  readonly workloads: readonly SliceWorkload[];
  readonly flows: TrafficProfile;
  readonly podCount: number;
  /** Of pods that are scheduled and deleted before those that count: programs run slower at first. */
  readonly warmUpCount: number;
  readonly concurrency: number;
}

export interface TurnResult {
  /** From the first creation to the last binding. */
  readonly podsPerSecond: number;
  /** From the first binding to the last. */
  readonly bindingsPerSecond: number;
  readonly createdPerSecond: number;
  /** Mean of kube-scheduler's cycles. */
  readonly cycleMs: number;
  /** Means for each cycle, by extension point. */
  readonly pointMs: Readonly<Record<string, number>>;
  readonly kubeSchedulerCpuMs: number;
  /** For each pod; 0 without it. */
  readonly weftCpuMs: number;
  /** Of all bytes, under the balanced split. */
  readonly interNodeShare: number;
}

const BURST_TIMEOUT_MS = 300_000;

export async function runTurn(subject: Subject, options: TurnOptions): Promise<TurnResult> {
  const { cluster, id, podCount, warmUpCount, workloads, flows, concurrency } = options;
  const burst = { concurrency, timeoutMs: BURST_TIMEOUT_MS };
  const { shape = (pods) => pods } = subject;
  const podsFor = (turn: string, count: number) =>
    shape(workloads.flatMap((workload) => podsOf(workload, turn)).slice(0, count), flows);
  const running = await subject.start(options);
  try {
    if (warmUpCount > 0) {
      await runBurst(cluster, podsFor(`${id}w`, warmUpCount), burst);
      await deletePods(cluster, workloads);
    }
    const before = await usageOf(running);
    const result = await runBurst(cluster, podsFor(id, podCount), burst);
    const after = await usageOf(running);
    const cost = placementCost(
      trafficIn(options.namespaces, flows),
      await boundPlacement(cluster),
      defaultLocalityCosts,
    );
    await deletePods(cluster, workloads);
    return { ...figuresOf(result, before, after), interNodeShare: cost.interNodeBytesPerSecond / cost.bytesPerSecond };
  } finally {
    await running.stop();
  }
}

interface Usage {
  readonly cycles: SchedulingCycles;
  readonly kubeSchedulerMs: number;
  readonly weftMs: number;
}

async function usageOf({ kubeScheduler, weft }: RunningSubject): Promise<Usage> {
  return {
    cycles: await readCycles(kubeScheduler),
    kubeSchedulerMs: cpuTimeMs(kubeScheduler.pid),
    weftMs: weft ? cpuTimeMs(weft.pid) : 0,
  };
}

function figuresOf({ podCount, boundMs, creatingMs }: BurstResult, before: Usage, after: Usage) {
  const [first = 0, last = 0] = [boundMs[0], boundMs.at(-1)];
  const cycles = cyclesBetween(before.cycles, after.cycles);
  const points = [...cycles.pointMs].map(([point, ms]) => [point, ms / cycles.count] as const);
  return {
    podsPerSecond: (1000 * podCount) / last,
    bindingsPerSecond: (1000 * (podCount - 1)) / (last - first),
    createdPerSecond: (1000 * podCount) / creatingMs,
    cycleMs: cycles.totalMs / cycles.count,
    pointMs: Object.fromEntries(points),
    kubeSchedulerCpuMs: (after.kubeSchedulerMs - before.kubeSchedulerMs) / podCount,
    weftCpuMs: (after.weftMs - before.weftMs) / podCount,
  };
}

/** With the events about them: every turn finds the same cluster. */
export async function deletePods(cluster: BenchCluster, workloads: readonly SliceWorkload[]): Promise<void> {
  const namespaces = new Set(workloads.map(({ namespace }) => namespace));
  for (const kind of ["pods", "events"])
    await Promise.all([...namespaces].map((namespace) => cluster.deleteAll(`/api/v1/namespaces/${namespace}/${kind}`)));
  await waitUntil(async () => (await cluster.list("/api/v1/pods")).length === 0, {
    what: "all pods are gone",
    timeoutMs: 60_000,
  });
}
