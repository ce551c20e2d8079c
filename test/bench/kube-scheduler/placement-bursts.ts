/** Where the pods of examples/5g-core come to stand when all are created at once, by whom they are placed. */
import type { V1Pod } from "@kubernetes/client-node";
import { defaultLocalityCosts } from "../../../core/model/locality.ts";
import { placementCost } from "../../../core/model/placement.ts";
import type { PlacementScenario } from "../../../core/model/placement-scenario.ts";
import type { TrafficProfile } from "../../../core/model/traffic-profile.ts";
import { parseExposition } from "../../../platform/prometheus/parse-exposition.ts";
import { trafficProfileObject } from "../../../platform/schema/traffic-profile.ts";
import { checkPlacement } from "../../../scheduler/placement/search/check-placement.ts";
import { seededRandom } from "../../builders/random-network.ts";
import { handMadeNode } from "../../control-plane/cluster-objects.ts";
import type { BenchCluster } from "./bench-cluster.ts";
import { boundPlacement, trafficIn } from "./bound-placement.ts";
import { type BurstSubject, burstSubjects } from "./burst-subjects.ts";
import { exampleScenario, plannedOf } from "./example-scenario.ts";
import { createSlice, exampleWorld, podsOf, type SliceWorkload } from "./five-g-slices.ts";
import { measuredFlows } from "./measured-flows.ts";
import { runBurst } from "./pod-burst.ts";
import type { RunningSubject } from "./start-subject.ts";
import { deletePods } from "./turn.ts";

/** What a placement does to the traffic; all in bytes per second, but for the costs. */
export interface PlacedTraffic {
  /** Between nodes, when the mesh splits it as it does. */
  readonly balancedBytes: number;
  /** Between nodes, when replicas are chosen in turns. */
  readonly roundRobinBytes: number;
  /** Bytes times the costs of the localities that they cross, under the balanced split. */
  readonly cost: number;
}

const NAMESPACE = "core";
const BURST_TIMEOUT_MS = 60_000;

/** By subject, one for each order of creation. */
export async function measureBursts(
  cluster: BenchCluster,
  orderCount: number,
  log: (line: string) => void,
): Promise<ReadonlyMap<BurstSubject, readonly PlacedTraffic[]>> {
  const flows = measuredFlows();
  const scenario = exampleScenario(flows);
  for (const { name, labels } of exampleWorld.nodes) await createExampleNode(cluster, name, labels);
  const workloads = await createSlice(cluster, NAMESPACE, { ...flows, flows: [] });
  await createProfile(cluster, flows);
  const results = new Map<BurstSubject, PlacedTraffic[]>();
  for (const subject of burstSubjects) {
    if (subject.missing !== undefined) continue;
    const running = await subject.start({ cluster, nodeCount: exampleWorld.nodes.length, namespaces: [NAMESPACE] });
    const bursts = { cluster, subject, running, workloads, flows, scenario };
    try {
      // Before the first that counts, the profile has been read.
      await burst(bursts, 0);
      const before = await neutralAnswers(running);
      const placed: PlacedTraffic[] = [];
      for (let order = 1; order <= orderCount; order++) placed.push(await burst(bursts, order));
      results.set(subject, placed);
      const unknown = (await neutralAnswers(running)) - before;
      if (unknown > 0) throw new Error(`${subject.title}: ${unknown} answers knew nothing of the flows`);
      log(`${subject.title}: ${placed.map(({ balancedBytes }) => Math.round(balancedBytes)).join(" ")} bytes/s`);
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

/** All pods at once, in an order that is the same for every subject. */
async function burst({ cluster, subject, workloads, flows, scenario }: Bursts, order: number): Promise<PlacedTraffic> {
  const { shape = (pod: V1Pod) => pod } = subject;
  const pods = workloads.flatMap((workload) => podsOf(workload, `${order}x`)).map((pod) => shape(pod, flows));
  await runBurst(cluster, shuffled(pods, order), { concurrency: pods.length, timeoutMs: BURST_TIMEOUT_MS });
  const placement = await boundPlacement(cluster);
  await deletePods(cluster, workloads);
  const { roundRobinShare, violations } = checkPlacement(scenario, plannedOf(placement, NAMESPACE));
  if (violations.length > 0) throw new Error(`${subject.title}: ${JSON.stringify(violations)}`);
  const { cost, bytesPerSecond, interNodeBytesPerSecond } = placementCost(
    trafficIn([NAMESPACE], flows),
    placement,
    defaultLocalityCosts,
  );
  return {
    balancedBytes: interNodeBytesPerSecond,
    roundRobinBytes: bytesPerSecond * (1 - roundRobinShare),
    cost,
  };
}

async function createExampleNode(
  cluster: BenchCluster,
  name: string,
  labels: Readonly<Record<string, string>>,
): Promise<void> {
  await cluster.create("/api/v1/nodes", handMadeNode({ name, labels, cpu: "4", memory: "4Gi" }));
}

/** As if it had been measured a moment ago. */
async function createProfile(cluster: BenchCluster, { flows }: TrafficProfile): Promise<void> {
  const lastAtMs = cluster.clock.nowMs();
  const moved = flows.map((flow) => ({ ...flow, destinationNamespace: NAMESPACE, lastAtMs }));
  const object = trafficProfileObject({ namespace: NAMESPACE, flows: moved });
  await cluster.create(`/apis/weft.dev/v1alpha1/namespaces/${NAMESPACE}/trafficprofiles`, object);
}

/** Of Weft, for want of any flow; 0 where there is no Weft. */
async function neutralAnswers({ weft }: RunningSubject): Promise<number> {
  if (!weft) return 0;
  const text = await (await fetch(`${weft.url}/metrics`)).text();
  const parsed = parseExposition(text, (name) => name === "weft_scheduler_neutral_answers_total");
  if (parsed.kind === "rejected") throw new Error(`${weft.url}/metrics: ${parsed.reason}`);
  const wanted = new Set(["telemetry-missing", "telemetry-stale", "flows-unknown", "internal-failure"]);
  const counted = parsed.samples.filter(({ labels }) => wanted.has(labels.get("reason") ?? ""));
  return counted.reduce((sum, { value }) => sum + value, 0);
}

function shuffled<T>(values: readonly T[], seed: number): readonly T[] {
  const random = seededRandom(seed);
  return values
    .map((value) => ({ value, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ value }) => value);
}
