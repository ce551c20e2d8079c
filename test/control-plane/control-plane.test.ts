import { AppsV1Api, type CoreV1Api, type V1Deployment, type V1Pod } from "@kubernetes/client-node";
import { afterEach, beforeEach, expect, it } from "vitest";
import { findFreePort } from "../tools/free-port.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { clusterConfig, coreApi, removePodsAndNodes, waitUntilBound } from "./cluster-client.ts";
import { handMadeNode, unrunPod } from "./cluster-objects.ts";
import type { Component } from "./component.ts";
import type { ControlPlaneConnection } from "./control-plane.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";
import { httpsGet } from "./https-get.ts";
import { startControllerManager } from "./kube-controller-manager.ts";
import { type SchedulerConfiguration, startScheduler } from "./kube-scheduler.ts";

describeWithControlPlane("a control plane of the pinned Kubernetes version", (connection) => {
  let core: CoreV1Api;
  let component: Component | undefined;

  beforeEach(async () => {
    core = coreApi(connection);
    await removePodsAndNodes(core);
    await core.createNode({ body: handMadeNode({ name: "hand-made" }) });
  });

  afterEach(async () => {
    await component?.stop();
    component = undefined;
    await removePodsAndNodes(core);
  });

  it("answers the version of its binaries to an administrator", async () => {
    const answer = await askAsAdmin(connection, "/version");
    expect(answer).toMatchObject({ gitVersion: connection.binaries.kubernetesVersion });
  });

  it("refuses secrets to a client without a certificate", async () => {
    const answer = await httpsGet(`${connection.apiServerUrl}/api/v1/secrets`, { caPem: connection.caPem });
    expect(answer.status).toBe(403);
  });

  it("has its kube-scheduler bind a pod to a node made by hand", async () => {
    component = await startScheduler(connection);
    expect(await bindOnePod("by-default")).toBe("hand-made");
    expect(await component.metrics()).toContain('scheduler_schedule_attempts_total{profile="default-scheduler"');
  });

  it("has its kube-scheduler bind a pod although an ignorable extender is down", async () => {
    const configuration = deadExtender(await findFreePort(), true);
    component = await startScheduler(connection, { configuration });
    expect(await bindOnePod("extender-down")).toBe("hand-made");
  });

  it("has its kube-scheduler bind no pod while an extender that is not ignorable is down", async () => {
    const configuration = deadExtender(await findFreePort(), false);
    component = await startScheduler(connection, { configuration });
    await core.createNamespacedPod({ namespace: "default", body: unrunPod({ name: "blocked" }) });
    const message = await waitUntilRejected("blocked");
    expect(message).toContain("connection refused");
  });

  it("has its kube-controller-manager make a deployment's pods, and remove them with it", async () => {
    const apps = clusterConfig(connection).makeApiClient(AppsV1Api);
    component = await startControllerManager(connection);
    await apps.createNamespacedDeployment({ namespace: "default", body: deploymentOf("web", 2) });
    const pods = await waitForPods("app=web", 2);
    expect(pods.map((pod) => pod.metadata?.ownerReferences?.[0]?.kind)).toEqual(["ReplicaSet", "ReplicaSet"]);
    await apps.deleteNamespacedDeployment({ namespace: "default", name: "web", propagationPolicy: "Foreground" });
    expect(await waitForPods("app=web", 0)).toEqual([]);
  });

  async function bindOnePod(name: string): Promise<string> {
    await core.createNamespacedPod({ namespace: "default", body: unrunPod({ name }) });
    return waitUntilBound(core, name);
  }

  function waitForPods(labelSelector: string, count: number): Promise<V1Pod[]> {
    return waitUntil(
      async () => {
        const { items } = await core.listNamespacedPod({ namespace: "default", labelSelector });
        return items.length === count && items;
      },
      { what: `${count} pods with ${labelSelector}`, timeoutMs: 60_000 },
    );
  }

  function waitUntilRejected(name: string): Promise<string> {
    return waitUntil(
      async () => {
        const pod = await core.readNamespacedPod({ name, namespace: "default" });
        return pod.status?.conditions?.find((condition) => condition.type === "PodScheduled")?.message;
      },
      { what: `pod ${name} is rejected`, timeoutMs: 30_000 },
    );
  }
});

async function askAsAdmin(connection: ControlPlaneConnection, path: string): Promise<unknown> {
  const { caPem, adminCertificatePem: certificatePem, adminKeyPem: keyPem } = connection;
  const answer = await httpsGet(`${connection.apiServerUrl}${path}`, { caPem, certificatePem, keyPem });
  return JSON.parse(answer.body);
}

function deadExtender(port: number, ignorable: boolean): SchedulerConfiguration {
  const verbs = { filterVerb: "filter", prioritizeVerb: "prioritize", weight: 1 };
  return { extenders: [{ urlPrefix: `http://127.0.0.1:${port}`, ...verbs, nodeCacheCapable: true, ignorable }] };
}

function deploymentOf(name: string, replicas: number): V1Deployment {
  const labels = { app: name };
  const { spec } = unrunPod({ name });
  if (spec === undefined) throw new Error("a pod has a spec");
  return {
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}
