import { describe, expect, it } from "vitest";
import type { ServiceFunctionChain } from "../../core/model/chain.ts";
import { clusterNodeOf } from "../../core/model/cluster-node.ts";
import { present } from "../../core/model/invariant.ts";
import { podOf } from "../../core/model/pod.ts";
import { serviceOf } from "../../core/model/service.ts";
import { type ClusterUnderTest, describeClusterContract } from "../../test/contracts/cluster-contract.ts";
import { describePlanContract } from "../../test/contracts/plan-contract.ts";
import { createMemoryCluster } from "./memory-cluster.ts";

const namespace = "core";

describeClusterContract("a cluster in memory", async () => openMemoryCluster());
describePlanContract("a cluster in memory", async () => openMemoryCluster());

function openMemoryCluster(): ClusterUnderTest {
  const cluster = createMemoryCluster();
  let created = 0;
  const uid = () => `uid-${created++}`;
  return {
    view: cluster,
    writer: cluster.writer,
    recorder: cluster.recorder,
    planWriter: cluster.planWriter,
    evictor: cluster.evictor,
    namespace,
    async createPod({ name, labels }) {
      cluster.pods.put(podOf({ metadata: { uid: uid(), namespace, name, labels } }));
    },
    async deletePod(name) {
      cluster.pods.delete(`${namespace}/${name}`);
    },
    async bindPod(name, node) {
      const pod = cluster.pods.get(`${namespace}/${name}`);
      if (pod) cluster.pods.put({ ...pod, node });
    },
    async createNode({ name, labels }) {
      cluster.nodes.put(clusterNodeOf({ metadata: { name, labels } }));
    },
    async createService({ name, app, port }) {
      cluster.services.put(
        serviceOf({ metadata: { namespace, name }, spec: { selector: { app }, ports: [{ port }] } }),
      );
    },
    async createFunction(name) {
      cluster.serviceFunctions.put({
        namespace,
        name,
        generation: 1,
        selector: { app: name },
        port: 9000,
        protocol: "tcp",
        hasProxyProtocol: false,
        capacityBytesPerSecond: 1e6,
        scaling: 1,
        processingDelayMs: 0,
        failurePolicy: "Block",
        mode: "Forward",
      });
    },
    async createChain(name, functions) {
      cluster.serviceFunctionChains.put(chainOf(name, functions, uid()));
    },
    async approvePlan(name) {
      const plan = present(cluster.placementPlans.get(`${namespace}/${name}`), "the plan");
      const edited = { isApproved: true, generation: plan.generation + 1, version: `${plan.version}-approved` };
      cluster.placementPlans.put({ ...plan, ...edited });
    },
    async readEvents(name) {
      return cluster.events.filter(({ regarding }) => regarding.name === name).map(({ message }) => message);
    },
    async close() {},
  };
}

function chainOf(name: string, functions: readonly string[], uid: string): ServiceFunctionChain {
  return {
    namespace,
    name,
    uid,
    generation: 1,
    classifier: { from: { app: "client" }, to: { service: "server", port: 80 } },
    functions,
    isSymmetric: true,
    demandBytesPerSecond: undefined,
    latencyBudgetMs: undefined,
    priority: 0,
  };
}

describe("a cluster in memory", () => {
  it("tells any number of changes at a time as one", async () => {
    const cluster = createMemoryCluster();
    let calls = 0;
    cluster.pods.subscribe(() => calls++);
    for (const name of ["a", "b", "c"]) cluster.pods.put(podOf({ metadata: { namespace, name } }));
    cluster.pods.delete(`${namespace}/a`);
    expect(calls).toBe(0);
    await Promise.resolve();
    expect(calls).toBe(1);
    expect(cluster.pods.list().map(({ name }) => name)).toEqual(["b", "c"]);
  });

  it("has not synced until told, if so asked, and tells that as a change", async () => {
    const { pods } = createMemoryCluster({ hasSynced: false });
    const synced = new Promise<boolean>((resolve) => pods.subscribe(() => resolve(pods.hasSynced)));
    expect(pods.hasSynced).toBe(false);
    pods.markSynced();
    expect(await synced).toBe(true);
  });

  it("deletes a chain's paths and its status with the chain", async () => {
    const cluster = createMemoryCluster();
    const chain = chainOf("web", [], "1");
    const path = { ...pathOf("web-1"), chain: "web" };
    cluster.serviceFunctionChains.put(chain);
    await cluster.writer.createPath(path);
    await cluster.writer.updateChainStatus(namespace, "web", { observedGeneration: 1, conditions: [] });
    cluster.serviceFunctionChains.delete(`${namespace}/web`);
    await Promise.resolve();
    expect(cluster.serviceFunctionPaths.list()).toEqual([]);
    cluster.serviceFunctionChains.put({ ...chain, uid: "2" });
    expect(await cluster.writer.readChainStatus(namespace, "web")).toBeUndefined();
  });

  it("does not evict another pod of the same name", async () => {
    const { pods, evictor } = createMemoryCluster();
    pods.put(podOf({ metadata: { namespace, name: "udr-0", uid: "new" } }));
    expect(await evictor.evict({ namespace, name: "udr-0", uid: "old" })).toEqual({ kind: "gone" });
    expect(pods.list()).toHaveLength(1);
  });

  it("forgets the oldest events", async () => {
    const { recorder, events } = createMemoryCluster({ eventsMax: 2 });
    const regarding = { apiVersion: "v1", kind: "Pod", namespace, name: "web", uid: "1" };
    for (const message of ["a", "b", "c"]) await recorder.record({ regarding, type: "Normal", reason: "R", message });
    expect(events.map(({ message }) => message)).toEqual(["b", "c"]);
  });
});

function pathOf(name: string) {
  const prediction = { maxUtilisation: 0, lowerBound: 0, demandBytesPerSecond: 0 };
  const shape = { chainGeneration: 1, spi: 1, isActive: false, isSymmetric: false, hops: [], prediction };
  return { namespace, name, ...shape };
}
