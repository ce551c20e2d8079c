/** Evictions against real PodDisruptionBudgets, which the real controller manager keeps. */
import { randomUUID } from "node:crypto";
import { AppsV1Api, PolicyV1Api, type V1PodDisruptionBudget } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { Pod } from "../../core/model/pod.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { openClusterView } from "../../platform/kubernetes/kubernetes-cluster-view.ts";
import { createPodEvictor } from "../../platform/kubernetes/kubernetes-pod-evictor.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { clusterConfig, coreApi, removePodsAndNodes } from "./cluster-client.ts";
import { handMadeNode, unrunPod } from "./cluster-objects.ts";
import type { Component } from "./component.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";
import { startControllerManager } from "./kube-controller-manager.ts";
import { startScheduler } from "./kube-scheduler.ts";
import { type ReadyReporter, startReadyReporter } from "./ready-reporter.ts";

describeWithControlPlane("evicting a pod", (connection) => {
  const namespace = `evict-${randomUUID().slice(0, 8)}`;
  const core = coreApi(connection);
  const policy = clusterConfig(connection).makeApiClient(PolicyV1Api);
  const apps = clusterConfig(connection).makeApiClient(AppsV1Api);
  const clock = createSystemClock();
  const client = openKubernetesClient({ clock, kubeconfigPath: connection.paths.adminKubeconfig });
  const log = createLog({ level: "error", name: "test" });
  const view = openClusterView({ client, clock, log, random: Math.random, kinds: ["pods"] });
  const evictor = createPodEvictor(client);
  const components: Component[] = [];
  let reporter: ReadyReporter;

  beforeAll(async () => {
    await removePodsAndNodes(core);
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    for (const name of ["a", "b"]) await core.createNode({ body: handMadeNode({ name }) });
    components.push(await startControllerManager(connection), await startScheduler(connection));
    reporter = startReadyReporter(client, view, namespace);
    await apps.createNamespacedDeployment({ namespace, body: deployment(2) });
  });

  afterEach(async () => {
    await policy.deleteCollectionNamespacedPodDisruptionBudget({ namespace });
  });

  afterAll(async () => {
    await reporter.stop();
    await apps.deleteCollectionNamespacedDeployment({ namespace });
    await apps.deleteCollectionNamespacedReplicaSet({ namespace });
    for (const component of components) await component.stop();
    await view.stop();
    client.close();
    await removePodsAndNodes(core);
  });

  it("is delayed by a budget that is used up, in the budget's own words", async () => {
    const [pod] = await readyPods(2);
    await createBudget("all", 2);
    expect(await evictor.evict(pod)).toEqual({
      kind: "delayed",
      reason: "The disruption budget all needs 2 healthy pods and has 2 currently",
      retryAfterMs: undefined,
    });
  });

  it("is refused where two budgets speak of the pod, although the API server answers as if it had failed itself", async () => {
    const [pod] = await readyPods(2);
    for (const name of ["one", "two"]) await createBudget(name, 1);
    expect(await evictor.evict(pod)).toEqual({
      kind: "refused",
      reason: expect.stringContaining("more than one PodDisruptionBudget"),
    });
  });

  it("finds no other pod of the name", async () => {
    const [pod] = await readyPods(2);
    expect(await evictor.evict({ ...pod, uid: randomUUID() })).toEqual({ kind: "gone" });
    expect((await readyPods(2)).map(({ uid }) => uid)).toContain(pod.uid);
  });

  it("is allowed where another pod is healthy, once, and its controller makes another one", async () => {
    const [pod, other] = await readyPods(2);
    await createBudget("one", 1);
    expect(await evictor.evict(pod)).toEqual({ kind: "evicted" });
    expect(["delayed", "evicted"]).toContain((await evictor.evict(other)).kind);
    await waitUntil(async () => (await readyPods(2)).every(({ uid }) => uid !== pod.uid), wait("a replacement"));
  });

  function deployment(replicas: number) {
    const { metadata, spec } = unrunPod({ name: "amf", namespace, labels: { app: "amf" } });
    const template = { metadata: { labels: metadata?.labels ?? {} }, ...(spec && { spec }) };
    return { metadata: { name: "amf" }, spec: { replicas, selector: { matchLabels: { app: "amf" } }, template } };
  }

  /** Resolves when the controller has looked at it. */
  async function createBudget(name: string, minAvailable: number): Promise<void> {
    const spec = { minAvailable, selector: { matchLabels: { app: "amf" } } };
    await policy.createNamespacedPodDisruptionBudget({ namespace, body: { metadata: { name }, spec } });
    const isKnown = ({ status }: V1PodDisruptionBudget) =>
      status?.observedGeneration === 1 && status.expectedPods === 2;
    await waitUntil(
      async () => isKnown(await policy.readNamespacedPodDisruptionBudget({ namespace, name })),
      wait(`the budget ${name} is known`),
    );
  }

  async function readyPods(count: number): Promise<readonly [Pod, Pod]> {
    return waitUntil(
      () => {
        const pods = view.pods.list().filter((pod) => pod.namespace === namespace && !pod.isTerminating);
        const [first, second] = pods.filter(({ isReady }) => isReady);
        return pods.length === count && first && second && ([first, second] as const);
      },
      wait(`${count} pods are ready`),
    );
  }

  function wait(what: string) {
    return { what, timeoutMs: 40_000, giveUp: () => reporter.failure() };
  }
});
