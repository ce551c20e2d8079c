import { randomUUID } from "node:crypto";
import type { V1Affinity, V1Pod } from "@kubernetes/client-node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { plannedNodeAnnotation } from "../../../core/model/placement-group.ts";
import type { PodRelease } from "../../../core/ports/pod-release.ts";
import { waitUntil } from "../../tools/wait-until.ts";
import { coreApi, removePodsAndNodes } from "../cluster-client.ts";
import { handMadeNode } from "../cluster-objects.ts";
import type { Component } from "../component.ts";
import { describeWithControlPlane } from "../describe-with-control-plane.ts";
import { installCrds, kubectl } from "../install-crds.ts";
import { startControllerManager } from "../kube-controller-manager.ts";
import { startScheduler } from "../kube-scheduler.ts";
import { applyManifests } from "./apply-manifests.ts";
import { coreRollout, coreServices } from "./core-rollout.ts";
import { type GroupScheduler, startGroupScheduler } from "./group-scheduler.ts";
import { removeNamespacedObjects } from "./remove-namespaced-objects.ts";
import { type Stanza, schedulerConfiguration, stanzas } from "./scheduler-stanza.ts";

/** Of the 5G core's control plane. */
const POD_COUNT = 13;
const nodes = ["a", "b", "c", "d"];

describeWithControlPlane("a 5G core's rollout", (connection) => {
  const core = coreApi(connection);
  let controllers: Component;
  let namespace = "";
  const toStop: { stop(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    await removePodsAndNodes(core);
    await installCrds(connection);
    controllers = await startControllerManager(connection);
    for (const [index, name] of nodes.entries()) {
      const labels = { "topology.kubernetes.io/region": "test", "topology.kubernetes.io/zone": `zone-${index % 2}` };
      await core.createNode({ body: handMadeNode({ name, labels, cpu: "4" }) });
    }
  });
  beforeEach(async () => {
    namespace = `group-${randomUUID().slice(0, 8)}`;
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await applyManifests(connection, namespace, coreServices);
  });
  afterEach(async () => {
    for (const each of toStop.splice(0).toReversed()) await each.stop();
    await removeNamespacedObjects(connection, namespace);
    for (const { metadata } of await pods())
      await core.deleteNamespacedPod({ name: metadata?.name ?? "", namespace, gracePeriodSeconds: 0 });
  });
  afterAll(async () => {
    await controllers?.stop();
    await removePodsAndNodes(core);
  });

  describe.each(stanzas)("through the extender, with deploy/scheduler/%s", (stanza) => {
    it("lands exactly as planned", async () => {
      // On a busy machine the pods come bit by bit, and are to be one group all the same.
      const gathering = { quietMs: 2000, waitMsMax: 20_000 };
      const weft = await startWeft({ groupPlan: { ...gathering, isFiltering: stanza !== "prioritize.yaml" } });
      await applyManifests(connection, namespace, coreRollout());
      await until(
        "all are planned",
        async () => (await weft.metric("weft_scheduler_planned_pods_waiting")) === POD_COUNT,
      );
      await schedule(stanza, weft);
      const bound = await allBound();
      for (const { metadata, spec } of bound) {
        const plan = await weft.plan(namespace, metadata?.name ?? "");
        expect(plan, `${metadata?.name}: ${JSON.stringify(plan)}`).toMatchObject({
          kind: "planned",
          node: spec?.nodeName,
        });
      }
      const landed = (outcome: string) => weft.metric(`weft_scheduler_planned_pods_landed_total{outcome="${outcome}"}`);
      await until("all are seen bound", async () => (await landed("as-planned")) === POD_COUNT);
      expect(await landed("elsewhere")).toBe(0);
      expect(nodesOf(bound, "udr")).toEqual(nodesOf(bound, "udm"));
    });
  });

  it("is scheduled while it is being planned, and nobody waits for the plan", async () => {
    const weft = await startWeft();
    await schedule("prioritize.yaml", weft);
    await applyManifests(connection, namespace, coreRollout());
    expect(await allBound()).toHaveLength(POD_COUNT);
  });

  describe("behind Weft's gate", () => {
    it.each(["preferred", "required"])(
      "goes to the planned nodes, which are %s, and events say so",
      async (affinity) => {
        const annotations = {
          "weft.dev/placement-group-size": String(POD_COUNT),
          "weft.dev/placement-affinity": affinity,
        };
        await Promise.all([startWeft(), scheduleAlone()]);
        await applyManifests(connection, namespace, coreRollout({ group: "5gc", annotations }));
        const bound = await allBound();
        for (const { metadata, spec } of bound) {
          expect(spec?.schedulingGates).toBeUndefined();
          expect(metadata?.annotations?.[plannedNodeAnnotation], metadata?.name).toBe(spec?.nodeName);
          expect(termsOf(spec?.affinity, affinity)).toEqual([
            { matchFields: [{ key: "metadata.name", operator: "In", values: [spec?.nodeName] }] },
          ]);
        }
        expect(nodesOf(bound, "udr")).toEqual(nodesOf(bound, "udm"));
        await until("every pod has its event", async () => (await eventsOf("PlacementPlanned")).length === POD_COUNT);
      },
    );

    it("is planned once nobody comes any more, where it does not say its size", async () => {
      const weft = await startWeft({ gates: { quietMs: 1000 } });
      await scheduleAlone();
      await applyManifests(connection, namespace, coreRollout({ group: "5gc" }));
      await allBound();
      expect(await weft.metric('weft_scheduler_group_plans_total{way="gates",outcome="planned"}')).toBe(1);
    });

    it("waits on for the gates of others", async () => {
      await Promise.all([startWeft(), scheduleAlone()]);
      const annotations = { "weft.dev/placement-affinity": "required" };
      await applyManifests(
        connection,
        namespace,
        coreRollout({ group: "5gc", annotations, gates: ["example.com/quota"] }),
      );
      await until(
        "Weft's gate is gone",
        async () => (await gatesOf()).join() === Array(POD_COUNT).fill("example.com/quota").join(),
      );
      const patch = [{ op: "remove", path: "/spec/schedulingGates" }];
      for (const { metadata } of await pods())
        await kubectl(connection, [
          "patch",
          "pod",
          metadata?.name ?? "",
          "-n",
          namespace,
          "--type=json",
          "-p",
          JSON.stringify(patch),
        ]);
      for (const { metadata, spec } of await allBound())
        expect(metadata?.annotations?.[plannedNodeAnnotation], metadata?.name).toBe(spec?.nodeName);
    });

    it("runs although there is no room for all of it", async () => {
      await Promise.all([startWeft(), scheduleAlone()]);
      const annotations = { "weft.dev/placement-group-size": String(POD_COUNT) };
      await applyManifests(connection, namespace, coreRollout({ group: "5gc", annotations, cpuOfNrf: "6" }));
      await until("kube-scheduler sees the pod that fits nowhere", async () =>
        (await pods()).some(({ status }) => status?.conditions?.some(({ reason }) => reason === "Unschedulable")),
      );
      await core.createNode({ body: handMadeNode({ name: "large", cpu: "8" }) });
      expect(nodesOf(await allBound(), "nrf")).toEqual(["large"]);
      await until("an event says so", async () => (await eventsOf("PlacementUnplanned")).length === 1);
      await core.deleteNode({ name: "large" });
    });

    it("is planned as examples/placement-group.yaml has it: those who talk together, and replicas apart", async () => {
      await Promise.all([startWeft(), scheduleAlone()]);
      await kubectl(connection, ["apply", "-n", namespace, "-f", "examples/placement-group.yaml"]);
      const bound = await allBound(4);
      const stores = nodesOf(bound, "session-store");
      expect(new Set(stores).size).toBe(2);
      expect(nodesOf(bound, "session-front")).toEqual(stores);
    });

    it("goes without a plan where nothing is known of its traffic", async () => {
      await Promise.all([startWeft(), scheduleAlone()]);
      const silent = coreRollout({ group: "5gc", annotations: { "weft.dev/talks-to": "" } });
      await applyManifests(connection, namespace, silent);
      for (const { metadata, spec } of await allBound()) {
        expect(metadata?.annotations?.[plannedNodeAnnotation]).toBeUndefined();
        expect(spec?.affinity).toBeUndefined();
      }
    });

    it("is let go by the next leader where the first ends between the plan and the last write", async () => {
      let toLetGo = 4;
      const stuck = (release: PodRelease): PodRelease => ({
        release: (pod, target) => (toLetGo-- > 0 ? release.release(pod, target) : new Promise(() => {})),
      });
      const first = await startWeft({}, { identity: "first", wrapRelease: stuck });
      const second = await startWeft({}, { identity: "second" });
      await scheduleAlone();
      await until("the first leads", () => first.isLeader);
      const annotations = { "weft.dev/placement-group-size": String(POD_COUNT) };
      await applyManifests(connection, namespace, coreRollout({ group: "5gc", annotations }));
      await until("the first has let some go", () => first.released.length === 4);
      expect(second.released).toEqual([]);
      await first.stop();
      toStop.splice(toStop.indexOf(first), 1);
      expect(await allBound()).toHaveLength(POD_COUNT);
      expect(second.released).toHaveLength(POD_COUNT - 4);
    });
  });

  async function startWeft(
    config: Readonly<Record<string, unknown>> = {},
    options: { identity?: string; wrapRelease?: (release: PodRelease) => PodRelease } = {},
  ): Promise<GroupScheduler> {
    const weft = await startGroupScheduler(connection, { namespace, config, ...options });
    toStop.push(weft);
    return weft;
  }

  async function schedule(stanza: Stanza, weft: GroupScheduler): Promise<void> {
    toStop.push(await startScheduler(connection, { configuration: schedulerConfiguration(stanza, weft.url) }));
  }

  async function scheduleAlone(): Promise<void> {
    toStop.push(await startScheduler(connection));
  }

  async function pods(): Promise<readonly V1Pod[]> {
    return (await core.listNamespacedPod({ namespace })).items;
  }

  async function gatesOf(): Promise<readonly string[]> {
    return (await pods()).flatMap(({ spec }) => spec?.schedulingGates?.map(({ name }) => name) ?? []);
  }

  function allBound(count = POD_COUNT): Promise<readonly V1Pod[]> {
    return until("all are bound", async () => {
      const all = await pods();
      return all.length === count && all.every(({ spec }) => spec?.nodeName) && all;
    });
  }

  async function eventsOf(reason: string): Promise<readonly unknown[]> {
    return (await core.listNamespacedEvent({ namespace })).items.filter((event) => event.reason === reason);
  }
});

function until<T>(what: string, check: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  return waitUntil(check, { what, timeoutMs: 45_000 });
}

function nodesOf(all: readonly V1Pod[], app: string): readonly (string | undefined)[] {
  return all
    .filter(({ metadata }) => metadata?.labels?.app === app)
    .map(({ spec }) => spec?.nodeName)
    .sort();
}

function termsOf(affinity: V1Affinity | undefined, kind: string): readonly unknown[] | undefined {
  const {
    preferredDuringSchedulingIgnoredDuringExecution: preferred,
    requiredDuringSchedulingIgnoredDuringExecution: required,
  } = affinity?.nodeAffinity ?? {};
  return kind === "required" ? required?.nodeSelectorTerms : preferred?.map(({ preference }) => preference);
}
