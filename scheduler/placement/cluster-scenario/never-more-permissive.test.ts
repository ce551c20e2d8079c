/** Whatever a plan of the scenario says, kube-scheduler's own rules let it happen: those are written again in test/builders. */
import { expect, test } from "vitest";
import { clusterNodeOf } from "../../../core/model/cluster-node.ts";
import type { PlannedPlacement } from "../../../core/model/placement-scenario.ts";
import { type Pod, type PodObject, podKey, podOf } from "../../../core/model/pod.ts";
import { workloadKey } from "../../../core/model/workload.ts";
import { anyPlacement } from "../../../test/builders/any-placement.ts";
import { KubeRules } from "../../../test/builders/kube-rules.ts";
import { type RandomLiveCluster, randomLiveCluster } from "../../../test/builders/random-live-cluster.ts";
import { seededRandom } from "../../../test/builders/random-network.ts";
import { assignPods } from "../assign-pods.ts";
import { type ClusterScenario, clusterScenario } from "../cluster-scenario.ts";
import { planPlacement } from "../search/plan-placement.ts";

const SEEDS = 300;
const DRAWS_MAX = 100;
const STEPS_MAX = 300;

interface Case {
  readonly seed: number;
  readonly cluster: RandomLiveCluster;
  readonly scenario: ClusterScenario;
  readonly bound: readonly Pod[];
  readonly pending: readonly Pod[];
}

function caseOf(seed: number): Case {
  const cluster = randomLiveCluster(seed);
  const [bound, pending] = [cluster.bound.map(podOf), cluster.pending.map(podOf)];
  const nodes = cluster.nodes.map(clusterNodeOf);
  const isMovable = ({ uid }: Pod) => seed % 2 === 0 && Number(uid.at(-1)) % 2 === 0;
  const { traffic } = cluster;
  const scenario = clusterScenario({ name: "any", nodes, pods: [...bound, ...pending], pending, isMovable, traffic });
  return { seed, cluster, scenario, bound, pending };
}

/** The pods that a plan moves are gone first; then they and the pending ones come in any order in which they can. */
function refusalsOf({ cluster, scenario, bound, pending }: Case, placement: PlannedPlacement): string[] {
  const objects = new Map([...cluster.bound, ...cluster.pending].map((object) => [podKey(podOf(object)), object]));
  const rules = new KubeRules(cluster.nodes);
  const assigned = assignPods(scenario, placement, pending);
  const coming: { readonly pod: PodObject; readonly node: string }[] = [];
  const come = (key: string, node: string) => {
    const pod = objects.get(key);
    if (pod) coming.push({ pod, node });
  };
  for (const [key, node] of assigned) come(key, node);
  const leaving = new Set<Pod>();
  for (const { name, initial, pinned } of scenario.scenario.services) {
    const places = [...(placement.get(name) ?? [])].flatMap(([node, count]) => {
      const used = pending.filter((pod) => workloadKey(pod.workload) === name && assigned.get(podKey(pod)) === node);
      return Array.from({ length: Math.max(0, count - (initial.get(node) ?? 0) - used.length) }, () => node);
    });
    for (const [node, count] of initial) {
      const movable = movableOf(scenario, bound, name, node).slice(0, count - (pinned.get(node) ?? 0));
      for (const pod of movable.slice(0, Math.max(0, count - (placement.get(name)?.get(node) ?? 0)))) {
        leaving.add(pod);
        come(podKey(pod), places.pop() ?? "nowhere");
      }
    }
  }
  for (const pod of bound) if (!leaving.has(pod)) rules.place(objects.get(podKey(pod)) as PodObject, pod.node ?? "");
  return placeAll(rules, coming);
}

/** Those that the scenario takes for movable: it says how many, and which they are is told by what it remarks to stay. */
function movableOf({ remarks }: ClusterScenario, bound: readonly Pod[], service: string, node: string): Pod[] {
  const stays = remarks.filter((remark) => remark.startsWith("stays")).join();
  return bound.filter(
    (pod) =>
      workloadKey(pod.workload) === service &&
      pod.node === node &&
      !pod.isTerminating &&
      Number(pod.uid.at(-1)) % 2 === 0 &&
      !stays.includes(podKey(pod)),
  );
}

function placeAll(rules: KubeRules, coming: readonly { readonly pod: PodObject; readonly node: string }[]): string[] {
  let waiting = [...coming];
  for (;;) {
    const refused = waiting.filter(({ pod, node }) => {
      const refusal = rules.refusal(pod, node);
      if (refusal === undefined) rules.place(pod, node);
      return refusal !== undefined;
    });
    if (refused.length === waiting.length) break;
    waiting = refused;
  }
  return waiting.map(({ pod, node }) => `${pod.metadata?.name} on ${node}: ${rules.refusal(pod, node)}`);
}

test("kube-scheduler accepts any placement that the scenario allows", () => {
  let planned = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const each = caseOf(seed);
    const placement = anyPlacement(each.scenario.scenario, seededRandom(seed), DRAWS_MAX);
    if (!placement) continue;
    planned += assignPods(each.scenario, placement, each.pending).size;
    expect(refusalsOf(each, placement), `seed ${seed}`).toEqual([]);
  }
  // What is left to kube-scheduler could not be wrong.
  expect(planned).toBeGreaterThan(SEEDS);
});

test("kube-scheduler accepts a plan of the scenario", () => {
  let planned = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const each = caseOf(seed);
    const { scenario } = each.scenario;
    if (scenario.services.length === 0 || scenario.domains) continue;
    const effort = { limit: { kind: "steps", stepsMax: STEPS_MAX } } as const;
    const plan = planPlacement(scenario, { effort, seed, movesMax: Number.POSITIVE_INFINITY });
    if (plan.kind === "no-room") continue;
    planned += assignPods(each.scenario, plan.placement, each.pending).size;
    expect(refusalsOf(each, plan.placement), `seed ${seed}`).toEqual([]);
  }
  expect(planned).toBeGreaterThan(SEEDS);
});
