/**
 * Random clusters on a real API server: every pod that a scenario plans is put where it was planned by kube-scheduler itself, which
 * an extender leaves no other node. An affinity to the node would change what topology spread counts.
 */
import type { CoreV1Api, V1Node, V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Pod, type PodObject, podKey, podOf } from "../../core/model/pod.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { type KubernetesClient, openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { type KubernetesClusterView, openClusterView } from "../../platform/kubernetes/kubernetes-cluster-view.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { assignPods } from "../../scheduler/placement/assign-pods.ts";
import { clusterScenario } from "../../scheduler/placement/cluster-scenario.ts";
import { anyPlacement } from "../builders/any-placement.ts";
import { type RandomLiveCluster, randomLiveCluster } from "../builders/random-live-cluster.ts";
import { seededRandom } from "../builders/random-network.ts";
import { type OneNodeExtender, startOneNodeExtender } from "../tools/one-node-extender.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { coreApi, ensureNamespace, removePodsAndNodes, waitUntilBound } from "./cluster-client.ts";
import type { Component } from "./component.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";
import { startScheduler } from "./kube-scheduler.ts";

const CLUSTERS = 20;
const DRAWS_MAX = 100;
const TIMEOUT_MS = 120_000;

describeWithControlPlane("pods of a planned scenario", (connection) => {
  const clock = createSystemClock();
  const log = createLog({ level: "warn", name: "test" });
  const core = coreApi(connection);
  let extender: OneNodeExtender;
  let scheduler: Component;
  let client: KubernetesClient;
  let view: KubernetesClusterView<"pods" | "nodes">;

  beforeAll(async () => {
    await removePodsAndNodes(core);
    for (const name of ["core", "edge"]) await ensureNamespace(core, name);
    extender = await startOneNodeExtender();
    const verbs = { filterVerb: "filter", nodeCacheCapable: true };
    const configuration = { extenders: [{ urlPrefix: extender.url, ...verbs }], podMaxBackoffSeconds: 1 };
    scheduler = await startScheduler(connection, { configuration });
    client = openKubernetesClient({ clock, kubeconfigPath: connection.paths.adminKubeconfig });
    view = openClusterView({ client, clock, log, random: Math.random, kinds: ["pods", "nodes"] });
  });

  afterAll(async () => {
    await view.stop();
    client.close();
    await scheduler.stop();
    await extender.close();
    await removePodsAndNodes(core);
  });

  it(
    "are put where they were planned",
    async () => {
      let planned = 0;
      for (let seed = 1; planned < 4 * CLUSTERS; seed++) {
        const random = randomLiveCluster(seed);
        await removePodsAndNodes(core);
        await create(core, random);
        await seen(view, random);
        const pending = random.pending.map(podOf);
        const [nodes, pods] = [view.nodes.list(), view.pods.list()];
        const isMovable = () => false;
        const scenario = clusterScenario({ name: "live", nodes, pods, pending, isMovable, traffic: random.traffic });
        const placement = anyPlacement(scenario.scenario, seededRandom(seed), DRAWS_MAX);
        if (!placement) continue;
        const assigned = assignPods(scenario, placement, pending);
        extender.nodes = assigned;
        for (const object of random.pending) if (assigned.has(keyOf(object))) await createPod(core, object);
        for (const key of assigned.keys()) {
          const [namespace = "", name = ""] = key.split("/");
          expect(await waitUntilBound(core, name, namespace), `seed ${seed}, ${key}`).toBe(assigned.get(key));
        }
        planned += assigned.size;
      }
    },
    TIMEOUT_MS,
  );
});

function keyOf(object: PodObject): string {
  return podKey(podOf(object));
}

async function create(core: CoreV1Api, { nodes, bound }: RandomLiveCluster): Promise<void> {
  for (const node of nodes) await core.createNode({ body: node as V1Node });
  for (const object of bound) {
    await createPod(core, object);
    const { name = "", namespace = "", deletionTimestamp } = object.metadata ?? {};
    // No kubelet confirms that it has ended, so it stays terminating.
    if (deletionTimestamp) await core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 600 });
  }
}

async function createPod(core: CoreV1Api, { metadata, spec }: PodObject): Promise<void> {
  const { uid: _, deletionTimestamp: __, namespace = "", ...rest } = metadata ?? {};
  await core.createNamespacedPod({ namespace, body: { metadata: rest, spec } as unknown as V1Pod });
}

/** Waits until the view has this cluster and nothing of the last one. */
async function seen(view: KubernetesClusterView<"pods" | "nodes">, { nodes, bound }: RandomLiveCluster): Promise<void> {
  const wanted = bound.map(podOf).map(describe).sort().join();
  const isSeen = () =>
    view.nodes.list().length === nodes.length &&
    nodes.every(({ metadata }) => view.nodes.get(metadata?.name ?? "") !== undefined) &&
    view.pods.list().map(describe).sort().join() === wanted;
  await waitUntil(isSeen, { what: "the cluster is seen", timeoutMs: 10_000 });
}

function describe(pod: Pod): string {
  return `${podKey(pod)} ${pod.node} ${pod.isTerminating}`;
}
