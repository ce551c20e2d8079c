/** Where the pods of examples/5g-core come to stand when all are created at once, by whom they are placed. */
import { defaultLocalityCosts } from "../../../core/model/locality.ts";
import { placementCost } from "../../../core/model/placement.ts";
import type { PlacementScenario } from "../../../core/model/placement-scenario.ts";
import type { TrafficProfile } from "../../../core/model/traffic-profile.ts";
import { trafficProfileObject } from "../../../platform/schema/traffic-profile.ts";
import { checkPlacement } from "../../../scheduler/placement/search/check-placement.ts";
import { seededRandom } from "../../builders/random-network.ts";
import { handMadeNode } from "../../control-plane/cluster-objects.ts";
import { waitUntil } from "../../tools/wait-until.ts";
import type { BenchCluster } from "./bench-cluster.ts";
import { boundPlacement, trafficIn } from "./bound-placement.ts";
import { type BurstSubject, burstSubjects } from "./burst-subjects.ts";
import { exampleScenario, plannedOf } from "./example-scenario.ts";
import { createSlice, exampleWorld, podsOf, type SliceWorkload } from "./five-g-slices.ts";
import { measuredFlows } from "./measured-flows.ts";
import { runBurst } from "./pod-burst.ts";
import type { RunningSubject } from "./start-subject.ts";
import { deletePods } from "./turn.ts";
import { weftCount } from "./weft-count.ts";

/** Whether kube-scheduler looks at pods as they come, or when all are there. */
export const burstModes = ["live", "pending"] as const;
export type BurstMode = (typeof burstModes)[number];

/** What a placement does to the traffic; all in bytes per second, but for the costs. */
export interface PlacedTraffic {
  /** Between nodes, when the mesh splits it as it does. */
  readonly balancedBytes: number;
  /** Between nodes, when replicas are chosen in turns. */
  readonly roundRobinBytes: number;
  /** Bytes times the costs of the localities that they cross, under the balanced split. */
  readonly cost: number;
}

/** By mode, one for each order of creation. */
export type BurstResult = Readonly<Record<BurstMode, readonly PlacedTraffic[]>>;

const NAMESPACE = "core";
const BURST_TIMEOUT_MS = 60_000;

export async function measureBursts(
  cluster: BenchCluster,
  orderCount: number,
  log: (line: string) => void,
): Promise<ReadonlyMap<BurstSubject, BurstResult>> {
  const flows = measuredFlows();
  const scenario = exampleScenario(flows);
  for (const { name, labels } of exampleWorld.nodes)
    await cluster.create("/api/v1/nodes", handMadeNode({ name, labels, cpu: "4", memory: "4Gi" }));
  const workloads = await createSlice(cluster, NAMESPACE, { ...flows, flows: [] });
  await createProfile(cluster, flows);
  const results = new Map<BurstSubject, BurstResult>();
  for (const subject of burstSubjects) {
    const nodeCount = exampleWorld.nodes.length;
    const running = await subject.start({ cluster, nodeCount, namespaces: [NAMESPACE] });
    try {
      const result = await burstsOf({ cluster, subject, running, workloads, flows, scenario }, orderCount);
      results.set(subject, result);
      for (const mode of burstModes) {
        const bytes = result[mode].map(({ balancedBytes }) => Math.round(balancedBytes));
        log(`${subject.title}, ${mode}: ${bytes.join(" ")} bytes/s between nodes`);
      }
    } finally {
      await running.stop();
    }
  }
  return results;
}

interface Bursts {
  readonly cluster: BenchCluster;
  readonly subject: BurstSubject;
  readonly running: RunningSubject;
  readonly workloads: readonly SliceWorkload[];
  readonly flows: TrafficProfile;
  readonly scenario: PlacementScenario;
}

const unknowing = ["telemetry-missing", "telemetry-stale", "flows-unknown", "internal-failure"];

/** @throws Error when Weft knew nothing of the flows */
async function burstsOf(bursts: Bursts, orderCount: number): Promise<BurstResult> {
  const { weft } = bursts.running;
  const blindAnswers = () => weftCount(weft, "weft_scheduler_neutral_answers_total", { reason: unknowing });
  // Before the first that counts, Weft has read the profile.
  await burst(bursts, 0, "live");
  const before = await blindAnswers();
  const result = { live: [] as PlacedTraffic[], pending: [] as PlacedTraffic[] };
  for (let order = 1; order <= orderCount; order++)
    for (const mode of burstModes) result[mode].push(await burst(bursts, order, mode));
  const blind = (await blindAnswers()) - before;
  if (blind > 0) throw new Error(`${bursts.subject.title}: ${blind} answers knew nothing of the flows`);
  return result;
}

/** All pods at once, in an order that is the same for every subject. */
async function burst(bursts: Bursts, order: number, mode: BurstMode): Promise<PlacedTraffic> {
  const { cluster, subject, running, workloads, flows, scenario } = bursts;
  const { shape = (pods) => pods } = subject;
  const made = workloads.flatMap((workload) => podsOf(workload, `${mode}${order}x`));
  const pods = shuffled(shape(made, flows), order);
  const { pid } = running.kubeScheduler;
  if (mode === "pending") process.kill(pid, "SIGSTOP");
  const onCreated = async () => {
    if (mode === "live") return;
    await untilPlanned(bursts, pods.length);
    process.kill(pid, "SIGCONT");
  };
  await runBurst(cluster, pods, { concurrency: pods.length, timeoutMs: BURST_TIMEOUT_MS, onCreated });
  const placement = await boundPlacement(cluster);
  await deletePods(cluster, workloads);
  const { roundRobinShare, violations } = checkPlacement(scenario, plannedOf(placement, NAMESPACE));
  if (violations.length > 0) throw new Error(`${subject.title}: ${JSON.stringify(violations)}`);
  const traffic = trafficIn([NAMESPACE], flows);
  const { cost, bytesPerSecond, interNodeBytesPerSecond } = placementCost(traffic, placement, defaultLocalityCosts);
  const roundRobinBytes = bytesPerSecond * (1 - roundRobinShare);
  return { balancedBytes: interNodeBytesPerSecond, roundRobinBytes, cost };
}

/** Where Weft plans pods that are pending, it has done so. */
async function untilPlanned({ subject, running: { weft } }: Bursts, podCount: number): Promise<void> {
  if (!subject.plansPending) return;
  const isPlanned = async () => (await weftCount(weft, "weft_scheduler_planned_pods_waiting")) === podCount;
  await waitUntil(isPlanned, { what: `${subject.title}: all pods are planned`, timeoutMs: 30_000 });
}

/** As if it had been measured a moment ago. */
async function createProfile(cluster: BenchCluster, { flows }: TrafficProfile): Promise<void> {
  const lastAtMs = cluster.clock.nowMs();
  const moved = flows.map((flow) => ({ ...flow, destinationNamespace: NAMESPACE, lastAtMs }));
  const object = trafficProfileObject({ namespace: NAMESPACE, flows: moved });
  await cluster.create(`/apis/weft.dev/v1alpha1/namespaces/${NAMESPACE}/trafficprofiles`, object);
}

function shuffled<T>(values: readonly T[], seed: number): readonly T[] {
  const random = seededRandom(seed);
  return values
    .map((value) => ({ value, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
