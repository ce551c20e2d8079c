import { PolicyV1Api } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { proxyAdminPort } from "../../../core/model/mesh-snapshot.ts";
import type { PlacementPlan } from "../../../core/model/placement-plan.ts";
import type { Pod } from "../../../core/model/pod.ts";
import type { Leadership } from "../../../core/ports/leadership.ts";
import { createPlanWriter } from "../../../platform/kubernetes/kubernetes-plan-writer.ts";
import { createPodEvictor } from "../../../platform/kubernetes/kubernetes-pod-evictor.ts";
import { startLeaseLeadership } from "../../../platform/kubernetes/lease-leadership.ts";
import { parsePlacementPlan, placementPlanSpecObject } from "../../../platform/schema/placement-plan.ts";
import { planStatusObject } from "../../../platform/schema/placement-plan-status.ts";
import { clusterConfig, coreApi, removePodsAndNodes } from "../cluster-client.ts";
import type { Component } from "../component.ts";
import { describeWithControlPlane } from "../describe-with-control-plane.ts";
import { kubectl } from "../install-crds.ts";
import { startControllerManager } from "../kube-controller-manager.ts";
import { startScheduler } from "../kube-scheduler.ts";
import { exampleDeployment, exampleObject } from "./example-objects.ts";
import { type FlowExtender, startFlowExtender } from "./flow-extender.ts";
import { type MeshCluster, openMeshCluster } from "./mesh-cluster.ts";
import { type SbiLoad, startSbiLoad } from "./sbi-load.ts";
import { schedulerConfiguration } from "./scheduler-stanza.ts";

const encoding = {
  encodePlanSpec: placementPlanSpecObject,
  encodePlanStatus: planStatusObject,
  parsePlan: parsePlacementPlan,
};
/** What it decides does not depend on these times; a restart pays off at a byte a second. */
const quick = {
  ...{ mode: "auto", intervalMs: 500, windowMs: 1500, settleMs: 1000, cooldownMs: 100, moveCost: 1 },
  ...{ movesPerHourMax: 100, searchStepsMax: 5000, betterBy: 1 },
};

/** Both UDRs were placed when node a was the only one; the UDM that asks them stands on node b, and node c is empty. */
describeWithControlPlane("rescheduling by real flows", (connection) => {
  let cluster: MeshCluster;
  let extender: FlowExtender;
  let leadership: Leadership;
  let load: SbiLoad;
  const components: Component[] = [];

  beforeAll(async () => {
    await removePodsAndNodes(coreApi(connection));
    cluster = await openMeshCluster(connection, ["a", "b", "c"]);
    const { client, clock, log, namespace, view } = cluster;
    const lease = { namespace, name: "weft-scheduler", identity: "the-only-replica" };
    leadership = startLeaseLeadership({ client, clock, log, random: Math.random, ...lease });
    const rescheduling = {
      ...{ placementPlans: view.placementPlans, planWriter: createPlanWriter({ client, encoding }) },
      ...{ evictor: createPodEvictor(client), leadership, namespace },
    };
    extender = await startFlowExtender(cluster, { config: { rescheduler: quick }, rescheduling });
    const configuration = schedulerConfiguration("prioritize.yaml", extender.url);
    components.push(
      ...(await Promise.all([startControllerManager(connection), startScheduler(connection, { configuration })])),
    );
    await cluster.addNodes("a");
    await cluster.apply(exampleDeployment("nrf"), exampleObject("Service", "nrf"));
    await cluster.apply(exampleDeployment("udr", { replicas: 2 }), exampleObject("Service", "udr"));
    await cluster.readyPods("udr", 2);
    await cluster.addNodes("b", "c");
    await cluster.apply(exampleDeployment("udm", { node: "b" }), exampleObject("Service", "udm"));
    const [udm] = await cluster.readyPods("udm", 1);
    await applyBudget(2);
    load = startSbiLoad(`http://${udm?.address}:8000`, readSubscription);
  });

  afterAll(async () => {
    await load?.stop();
    for (const component of components) await component.stop();
    await extender?.stop();
    await leadership?.stop();
    await policy().deleteCollectionNamespacedPodDisruptionBudget({ namespace: cluster.namespace });
    await cluster?.close();
  });

  it("proposes to bring both UDRs to the UDM, and approves it itself", async () => {
    const plan = await cluster.until("a plan", () => plans().find(({ proposal }) => proposal.moves.length === 2));
    const workload = { namespace: cluster.namespace, name: "udr" };
    expect(plan.proposal.moves).toMatchObject([
      { workload, from: "a", to: "b" },
      { workload, from: "a", to: "b" },
    ]);
    expect(plan.isApproved).toBe(true);
    expect(plan.proposal.gain).toBeGreaterThan(0.9 * plan.proposal.costBefore);
  });

  it("evicts nobody while the disruption budget needs both, and says so", async () => {
    await cluster.until("the delay is told", () => plans().some(({ status }) => status.reason === "EvictionDelayed"));
    const [plan] = plans();
    expect(plan?.status.message).toContain("The disruption budget udr needs 2 healthy pods and has 2 currently");
    expect(udrs().map(({ node, isTerminating }) => [node, isTerminating])).toEqual(Array(2).fill(["a", false]));
    const between = await bytesBetweenNodes(200);
    expect(between).toBeGreaterThan(10_000);
  });

  it("moves them one after another when it may, to where the plan has them", async () => {
    await applyBudget(1);
    const plan = await cluster.until("the plan is done", () => {
      const [found] = plans();
      if (found?.status.phase === "Abandoned") throw new Error(JSON.stringify(found.status));
      return found?.status.phase === "Done" && found;
    });
    expect(plan.status.moves.map(({ state }) => state)).toEqual(["Moved", "Moved"]);
    const ready = await cluster.readyPods("udr", 2);
    expect(ready.map(({ node }) => node)).toEqual(["b", "b"]);
    for (const { name } of ready) {
      const { prioritize } = await extender.explain(name);
      expect(prioritize.intended).toMatchObject({
        node: "b",
        why: expect.stringContaining(`/${plan.name} (away from`),
      });
    }
  });

  it("leaves no bytes between the nodes", async () => {
    expect(await bytesBetweenNodes(200)).toBe(0);
  });

  it("shows all of it to kubectl", async () => {
    const get = (...args: string[]) => kubectl(connection, ["-n", cluster.namespace, "get", ...args]);
    expect(await get("placementplans")).toMatch(/plan-\S+ +Done +MovesMade +2 +2 +(0\.9\d*|1)/);
    const events = await get("events", "-o", "jsonpath={range .items[*]}{.involvedObject.kind}/{.reason} {end}");
    expect(events).not.toContain("FailedScheduling");
    await kubectl(connection, [
      ...["-n", cluster.namespace, "wait", "--for=condition=Complete", "--timeout=5s", "placementplans", "--all"],
    ]);
  });

  function plans(): readonly PlacementPlan[] {
    return cluster.view.placementPlans.list().filter(({ namespace }) => namespace === cluster.namespace);
  }

  function udrs(): readonly Pod[] {
    return cluster.view.pods.list().filter((pod) => pod.namespace === cluster.namespace && pod.workload.name === "udr");
  }

  /** What the UDRs meter from and to other nodes while so many requests are answered. */
  async function bytesBetweenNodes(requests: number): Promise<number> {
    const before = await meteredBetweenNodes();
    const answered = load.answered();
    await cluster.until(`${requests} requests are answered`, () => load.answered() >= answered + requests);
    return (await meteredBetweenNodes()) - before;
  }

  async function meteredBetweenNodes(): Promise<number> {
    const pods = await cluster.readyPods("udr", 2);
    const texts = await Promise.all(
      pods.map(async ({ address }) => (await fetch(`http://${address}:${proxyAdminPort}/metrics`)).text()),
    );
    return texts.flatMap((text) => text.split("\n")).reduce((sum, line) => sum + bytesFromElsewhere(line), 0);
  }

  function policy(): PolicyV1Api {
    return clusterConfig(connection).makeApiClient(PolicyV1Api);
  }

  /** For the UDRs; resolves when the controller has looked at it. */
  async function applyBudget(minAvailable: number): Promise<void> {
    const { namespace } = cluster;
    await policy().deleteCollectionNamespacedPodDisruptionBudget({ namespace });
    const spec = { minAvailable, selector: { matchLabels: { app: "udr" } } };
    await policy().createNamespacedPodDisruptionBudget({ namespace, body: { metadata: { name: "udr" }, spec } });
    await cluster.until("the budget is known", async () => {
      const { status } = await policy().readNamespacedPodDisruptionBudget({ namespace, name: "udr" });
      return status?.observedGeneration === 1 && status.expectedPods === 2;
    });
  }
});

function readSubscription(index: number) {
  return { method: "GET", path: `/nudm-sdm/v2/imsi-00101${String(index % 1000).padStart(10, "0")}/am-data` } as const;
}

function bytesFromElsewhere(line: string): number {
  const isOfUdm = /^istio_tcp_(received|sent)_bytes_total\{.*source_workload="udm"/.test(line);
  const [, source] = /source_node="([^"]*)"/.exec(line) ?? [];
  const [, destination] = /destination_node="([^"]*)"/.exec(line) ?? [];
  return isOfUdm && source !== destination ? Number(line.split(" ").at(-1)) : 0;
}
