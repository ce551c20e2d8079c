import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { bindPod } from "../../platform/kubernetes/bind-pod.ts";
import { createChainWriter } from "../../platform/kubernetes/kubernetes-chain-writer.ts";
import { type KubernetesClient, openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import {
  clusterKinds,
  type KubernetesClusterView,
  openClusterView,
} from "../../platform/kubernetes/kubernetes-cluster-view.ts";
import { createEventRecorder } from "../../platform/kubernetes/kubernetes-event-recorder.ts";
import { createPlanWriter } from "../../platform/kubernetes/kubernetes-plan-writer.ts";
import { createPodEvictor } from "../../platform/kubernetes/kubernetes-pod-evictor.ts";
import { weftPath } from "../../platform/kubernetes/weft-resources.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { chainStatusObject, parseChainStatus } from "../../platform/schema/chain-status.ts";
import { parseGrpcRoute } from "../../platform/schema/grpc-route.ts";
import { parseHttpRoute } from "../../platform/schema/http-route.ts";
import { parseMeshPolicy } from "../../platform/schema/mesh-policy.ts";
import { parsePlacementPlan, placementPlanSpecObject } from "../../platform/schema/placement-plan.ts";
import { planStatusObject } from "../../platform/schema/placement-plan-status.ts";
import { parseServiceFunction } from "../../platform/schema/service-function.ts";
import { parseServiceFunctionChain } from "../../platform/schema/service-function-chain.ts";
import { parseServiceFunctionPath, serviceFunctionPathObject } from "../../platform/schema/service-function-path.ts";
import { type ClusterUnderTest, describeClusterContract } from "../contracts/cluster-contract.ts";
import { describePlanContract } from "../contracts/plan-contract.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { coreApi, removePodsAndNodes } from "./cluster-client.ts";
import { handMadeNode, unrunPod } from "./cluster-objects.ts";
import type { ControlPlaneConnection } from "./control-plane.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";
import { installCrds, kubectl } from "./install-crds.ts";

const clock = createSystemClock();
const log = createLog({ level: "warn", name: "test" });
const readers = {
  serviceFunctions: parseServiceFunction,
  serviceFunctionChains: parseServiceFunctionChain,
  serviceFunctionPaths: parseServiceFunctionPath,
  placementPlans: parsePlacementPlan,
  httpRoutes: parseHttpRoute,
  grpcRoutes: parseGrpcRoute,
  meshPolicies: parseMeshPolicy,
};
const planEncoding = {
  encodePlanSpec: placementPlanSpecObject,
  encodePlanStatus: planStatusObject,
  parsePlan: parsePlacementPlan,
};
const encoding = { encodePath: serviceFunctionPathObject, encodeChainStatus: chainStatusObject, parseChainStatus };

describeWithControlPlane("the Kubernetes adapter", (connection) => {
  beforeAll(() => installCrds(connection));
  afterAll(() => removePodsAndNodes(coreApi(connection)));

  describeClusterContract("a real API server", () => openRealCluster(connection));
  describePlanContract("a real API server", () => openRealCluster(connection));

  describe("beyond the contract", () => {
    let cluster: RealCluster;
    beforeEach(async () => {
      cluster = await openRealCluster(connection);
    });
    afterEach(() => cluster.close());

    it("sees more objects than a page holds", async () => {
      const names = Array.from({ length: 7 }, (_, index) => `pod-${index}`);
      for (const name of names) await cluster.createPod({ name, labels: {} });
      const view = openView(cluster.client, 3);
      await synced(view);
      expect(
        view.pods
          .list()
          .filter(({ namespace }) => namespace === cluster.namespace)
          .map(({ name }) => name)
          .sort(),
      ).toEqual(names);
      expect(view.stats().pods.pages).toBeGreaterThanOrEqual(3);
      await view.stop();
    });

    it("refuses to bind a pod twice, as a conflict", async () => {
      const { namespace, client } = cluster;
      await cluster.createPod({ name: "once", labels: {} });
      await bindPod(client, { namespace, name: "once", node: "a" });
      await expect(bindPod(client, { namespace, name: "once", node: "b" })).rejects.toMatchObject({
        code: "kubernetes-conflict",
        message: expect.stringContaining("once"),
      });
    });

    it("refuses to bind another pod of that name, as a conflict", async () => {
      const { namespace, client } = cluster;
      await cluster.createPod({ name: "other", labels: {} });
      const binding = { namespace, name: "other", uid: randomUUID(), node: "a" };
      await expect(bindPod(client, binding)).rejects.toMatchObject({ code: "kubernetes-conflict" });
    });

    it("names the field that the API server refuses", async () => {
      const { namespace, client } = cluster;
      await cluster.createChain("web", ["firewall"]);
      const writer = createChainWriter({ client, encoding });
      const condition = { type: "Ready", status: "Maybe", reason: "Solved", message: "", observedGeneration: 1 };
      const status = {
        observedGeneration: 1,
        conditions: [{ ...condition, lastTransitionTime: "2030-01-01T00:00:00Z" }],
      };
      await expect(writer.updateChainStatus(namespace, "web", status as never)).rejects.toMatchObject({
        code: "kubernetes-refused",
        message: expect.stringContaining("status.conditions[0].status: "),
      });
    });

    it("gives a path an owner that takes it along", async () => {
      const { namespace, client, writer, view } = cluster;
      await cluster.createChain("web", ["firewall"]);
      const chain = await waitUntil(() => view.serviceFunctionChains.get(`${namespace}/web`), {
        what: "the chain is seen",
        timeoutMs: 10_000,
      });
      const prediction = { maxUtilisation: 1, lowerBound: 1, demandBytesPerSecond: 1 };
      const hops = [{ serviceIndex: 0, function: undefined, weights: [] }];
      const flags = { isActive: false, isSymmetric: false };
      await writer.createPath({
        namespace,
        name: "web-1",
        chain: "web",
        chainGeneration: 1,
        spi: 1,
        hops,
        prediction,
        ...flags,
      });
      const { body } = await client.request({ path: weftPath("serviceFunctionPaths", namespace, "web-1") });
      expect(body).toMatchObject({
        metadata: {
          ownerReferences: [
            {
              apiVersion: "weft.dev/v1alpha1",
              kind: "ServiceFunctionChain",
              name: "web",
              uid: chain.uid,
              controller: true,
            },
          ],
        },
      });
    });
  });
});

interface RealCluster extends ClusterUnderTest {
  readonly client: KubernetesClient;
}

async function openRealCluster(connection: ControlPlaneConnection): Promise<RealCluster> {
  const core = coreApi(connection);
  const namespace = `test-${randomUUID().slice(0, 8)}`;
  await core.createNamespace({ body: { metadata: { name: namespace } } });
  const client = openKubernetesClient({ clock, kubeconfigPath: connection.paths.adminKubeconfig });
  const view = openView(client);
  await synced(view);

  async function create(
    kind: "serviceFunctions" | "serviceFunctionChains",
    singular: string,
    name: string,
    spec: object,
  ) {
    const body = { apiVersion: "weft.dev/v1alpha1", kind: singular, metadata: { namespace, name }, spec };
    const answer = await client.request({ method: "POST", path: weftPath(kind, namespace), body });
    expect(answer.statusCode, JSON.stringify(answer.body)).toBe(201);
  }

  return {
    client,
    view,
    writer: createChainWriter({ client, encoding }),
    recorder: createEventRecorder({ client, clock, controller: "weft.dev/test", identity: "test" }),
    planWriter: createPlanWriter({ client, encoding: planEncoding }),
    evictor: createPodEvictor(client),
    namespace,
    async createPod({ name, labels }) {
      await core.createNamespacedPod({
        namespace,
        body: unrunPod({ name, namespace, labels, schedulerName: "nobody" }),
      });
    },
    async deletePod(name) {
      await core.deleteNamespacedPod({ namespace, name, gracePeriodSeconds: 0 });
    },
    bindPod: (name, node) => bindPod(client, { namespace, name, node }),
    async createNode({ name, labels }) {
      await core.createNode({ body: handMadeNode({ name, labels }) });
    },
    async createService({ name, app, port }) {
      await core.createNamespacedService({
        namespace,
        body: { metadata: { name }, spec: { selector: { app }, ports: [{ port }] } },
      });
    },
    createFunction: (name) =>
      create("serviceFunctions", "ServiceFunction", name, {
        selector: { matchLabels: { app: name } },
        port: 9000,
        capacity: { bytesPerSecond: "1M" },
      }),
    createChain: (name, functions) =>
      create("serviceFunctionChains", "ServiceFunctionChain", name, {
        classifier: { from: { matchLabels: { app: "client" } }, to: { service: "server", port: 80 } },
        functions,
      }),
    async approvePlan(name) {
      const patch = ["--type=merge", "-p", '{"spec":{"approved":true}}'];
      await kubectl(connection, ["-n", namespace, "patch", "placementplan", name, ...patch]);
    },
    async readEvents(name) {
      const { items } = await core.listNamespacedEvent({ namespace });
      return items.filter((event) => event.involvedObject.name === name).map(({ message = "" }) => message);
    },
    async close() {
      await view.stop();
      client.close();
    },
  };
}

function openView(client: KubernetesClient, pageSize = 500): KubernetesClusterView {
  return openClusterView({
    kinds: clusterKinds,
    client,
    clock,
    log,
    random: Math.random,
    readers,
    limits: { pageSize },
  });
}

async function synced(view: KubernetesClusterView): Promise<void> {
  await waitUntil(() => view.unsynced().length === 0, { what: "every kind is listed", timeoutMs: 20_000, pollMs: 10 });
}
