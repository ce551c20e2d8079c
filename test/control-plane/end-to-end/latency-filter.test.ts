import type { V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { coreApi, removePodsAndNodes, waitUntilBound } from "../cluster-client.ts";
import { handMadeNode, unrunPod } from "../cluster-objects.ts";
import type { Component } from "../component.ts";
import { describeWithControlPlane } from "../describe-with-control-plane.ts";
import { startScheduler } from "../kube-scheduler.ts";
import type { Manifest } from "./example-objects.ts";
import { type FlowExtender, startFlowExtender } from "./flow-extender.ts";
import { type MeshCluster, openMeshCluster } from "./mesh-cluster.ts";
import { schedulerConfiguration } from "./scheduler-stanza.ts";

const group = "weft.dev/v1alpha1";
const chainObjects: readonly Manifest[] = [
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "dn" },
    spec: { selector: { app: "dn" }, ports: [{ port: 80 }] },
  },
  {
    apiVersion: group,
    kind: "ServiceFunction",
    metadata: { name: "fw" },
    spec: { selector: { matchLabels: { app: "fw" } }, port: 9000, protocol: "tcp" },
  },
  {
    apiVersion: group,
    kind: "ServiceFunctionChain",
    metadata: { name: "n6" },
    spec: {
      classifier: { from: { matchLabels: { app: "ue" } }, to: { service: "dn", port: 80 } },
      functions: ["fw"],
      latencyBudgetMs: 5,
    },
  },
];

/** Both ends of the chain are on the node near; the node far is in no region that is known, so 10 ms away. */
describeWithControlPlane("a real kube-scheduler with the latency filter", (connection) => {
  let cluster: MeshCluster;
  let extender: FlowExtender;
  let scheduler: Component | undefined;

  beforeAll(async () => {
    await removePodsAndNodes(coreApi(connection));
    cluster = await openMeshCluster(connection, []);
    extender = await startFlowExtender(cluster, { config: { latencyFilter: { isEnabled: true } } });
    const configuration = schedulerConfiguration("prioritize-and-filter.yaml", extender.url);
    scheduler = await startScheduler(connection, { configuration });
    await cluster.addNodes("near");
    await cluster.core.createNode({ body: handMadeNode({ name: "far", cpu: "64" }) });
    await cluster.apply(...chainObjects);
    await create("ue", { nodeName: "near" });
    await create("dn", { nodeName: "near" });
    await cluster.until("the extender can know all of it", () => {
      const { pods, nodes, services, serviceFunctions, serviceFunctionChains } = cluster.view;
      const bound = pods.list().filter(({ namespace, node }) => namespace === cluster.namespace && node !== undefined);
      const key = (name: string) => `${cluster.namespace}/${name}`;
      const objects = [services.get(key("dn")), serviceFunctions.get(key("fw")), serviceFunctionChains.get(key("n6"))];
      return bound.length === 2 && nodes.list().length === 2 && objects.every((object) => object !== undefined);
    });
  });

  afterAll(async () => {
    await scheduler?.stop();
    await extender?.stop();
    await cluster?.close();
  });

  it("has a function's pod only where the chain can keep its budget", async () => {
    await create("fw");
    expect(await waitUntilBound(cluster.core, "fw", cluster.namespace)).toBe("near");
  });

  it("leaves one that may go nowhere else pending, says why, and looks for nobody to evict", async () => {
    await create("fw-far", { nodeSelector: { "kubernetes.io/hostname": "far" } });
    const message = await cluster.until("kube-scheduler says why", async () => {
      const { namespace, core } = cluster;
      const { status } = await core.readNamespacedPod({ name: "fw-far", namespace });
      return status?.conditions?.find(({ type }) => type === "PodScheduled")?.message;
    });
    const budget = `chain ${cluster.namespace}/n6 would take at least 20.00 ms of its 5 ms with fw here`;
    expect(message).toContain(budget);
    expect(message).toContain("Preemption is not helpful for scheduling");
  });

  it("minds no pod that is none of the chain's functions", async () => {
    await create("other", { nodeSelector: { "kubernetes.io/hostname": "far" } });
    expect(await waitUntilBound(cluster.core, "other", cluster.namespace)).toBe("far");
  });

  /** A pod whose label app is the beginning of its name. */
  async function create(name: string, where: { nodeName?: string; nodeSelector?: Record<string, string> } = {}) {
    const { core, namespace } = cluster;
    const pod: V1Pod = unrunPod({ name, namespace, labels: { app: name.split("-")[0] ?? name } });
    await core.createNamespacedPod({ namespace, body: { ...pod, spec: { containers: [], ...pod.spec, ...where } } });
  }
});
