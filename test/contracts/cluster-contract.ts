/** What every ClusterView, ChainWriter and EventRecorder must do, whoever keeps the objects. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { ServiceFunctionPath } from "../../core/model/chain.ts";
import type { ChainStatus, ChainWriter } from "../../core/ports/chain-writer.ts";
import type { ClusterView, Collection } from "../../core/ports/cluster-view.ts";
import type { EventRecorder } from "../../core/ports/event-recorder.ts";
import type { PlanWriter } from "../../core/ports/plan-writer.ts";
import type { PodEvictor } from "../../core/ports/pod-evictor.ts";
import { waitUntil } from "../tools/wait-until.ts";

/** An adapter under test, with a cluster that has nothing of ours in it. */
export interface ClusterUnderTest {
  readonly view: ClusterView;
  readonly writer: ChainWriter;
  readonly recorder: EventRecorder;
  readonly planWriter: PlanWriter;
  readonly evictor: PodEvictor;
  /** The namespace for everything that has one. */
  readonly namespace: string;
  createPod(pod: { readonly name: string; readonly labels: Readonly<Record<string, string>> }): Promise<void>;
  deletePod(name: string): Promise<void>;
  bindPod(name: string, node: string): Promise<void>;
  createNode(node: { readonly name: string; readonly labels: Readonly<Record<string, string>> }): Promise<void>;
  createService(service: { readonly name: string; readonly app: string; readonly port: number }): Promise<void>;
  /** One that selects `app: <name>` and takes 1 MB/s per instance on port 9000. */
  createFunction(name: string): Promise<void>;
  /** One from `app: client` to port 80 of the Service `server`. */
  createChain(name: string, functions: readonly string[]): Promise<void>;
  /** As a user does. */
  approvePlan(name: string): Promise<void>;
  /** The messages of the events about objects of that name. */
  readEvents(name: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export const timeoutMs = 20_000;

export function describeClusterContract(name: string, open: () => Promise<ClusterUnderTest>): void {
  describe(`${name} as a ClusterView`, () => {
    const cluster = opened(open);

    it("has synced once its kinds are listed, empty ones too", () => {
      const { view } = cluster();
      for (const kind of kinds) expect(view[kind].hasSynced, kind).toBe(true);
    });

    it("shows a pod by key and in the list from its creation to its deletion", async () => {
      const { view, namespace, createPod, deletePod } = cluster();
      await createPod({ name: "amf-0", labels: { app: "amf" } });
      const pod = await appears(view.pods, `${namespace}/amf-0`);
      expect(pod).toMatchObject({ namespace, name: "amf-0", labels: { app: "amf" }, node: undefined, isReady: false });
      expect(pod.uid).not.toBe("");
      expect(view.pods.list()).toContainEqual(pod);
      await deletePod("amf-0");
      await disappears(view.pods, `${namespace}/amf-0`);
      expect(view.pods.list().filter((other) => other.namespace === namespace)).toEqual([]);
    });

    it("shows a pod that was deleted and created again as another pod", async () => {
      const { view, namespace, createPod, deletePod } = cluster();
      await createPod({ name: "smf-0", labels: { app: "before" } });
      const before = await appears(view.pods, `${namespace}/smf-0`);
      await deletePod("smf-0");
      await createPod({ name: "smf-0", labels: { app: "after" } });
      const after = await waitUntil(
        () => {
          const pod = view.pods.get(`${namespace}/smf-0`);
          return pod && pod.uid !== before.uid && pod;
        },
        { what: "the new pod is seen", timeoutMs, pollMs: 5 },
      );
      expect(after.labels).toEqual({ app: "after" });
      expect(view.pods.list().filter(({ name }) => name === "smf-0")).toHaveLength(1);
    });

    it("shows the node that a pod is bound to, and the node's place", async () => {
      const { view, namespace, createNode, createPod, bindPod } = cluster();
      const node = `node-of-${namespace}`;
      await createNode({ name: node, labels: { "topology.kubernetes.io/zone": "east" } });
      await createPod({ name: "upf-0", labels: {} });
      await bindPod("upf-0", node);
      expect((await appears(view.nodes, node)).place).toMatchObject({ node, zone: "east" });
      await waitUntil(() => view.pods.get(`${namespace}/upf-0`)?.node === node, {
        what: "bound",
        timeoutMs,
        pollMs: 5,
      });
    });

    it("shows a service with its selector and ports", async () => {
      const { view, namespace, createService } = cluster();
      await createService({ name: "nrf", app: "nrf", port: 8000 });
      const service = await appears(view.services, `${namespace}/nrf`);
      expect(service.selector).toEqual({ app: "nrf" });
      expect(service.ports.map(({ port }) => port)).toEqual([8000]);
    });

    it("shows service functions and chains", async () => {
      const { view, namespace, createFunction, createChain } = cluster();
      await createFunction("firewall");
      await createChain("web", ["firewall"]);
      const found = await appears(view.serviceFunctions, `${namespace}/firewall`);
      expect(found).toMatchObject({ selector: { app: "firewall" }, port: 9000, capacityBytesPerSecond: 1e6 });
      const chain = await appears(view.serviceFunctionChains, `${namespace}/web`);
      expect(chain).toMatchObject({
        functions: ["firewall"],
        classifier: { from: { app: "client" }, to: { service: "server", port: 80 } },
      });
      expect(chain.uid).not.toBe("");
    });

    it("calls a subscriber after a change, and the change is there when it calls", async () => {
      const { view, namespace, createPod } = cluster();
      const seen = new Promise<void>((resolve) => {
        view.pods.subscribe(() => view.pods.get(`${namespace}/late`) && resolve());
      });
      await createPod({ name: "late", labels: {} });
      await seen;
    });

    it("calls nobody who has unsubscribed", async () => {
      const { view, namespace, createPod } = cluster();
      let calls = 0;
      const unsubscribe = view.pods.subscribe(() => calls++);
      unsubscribe();
      await createPod({ name: "unseen", labels: {} });
      await appears(view.pods, `${namespace}/unseen`);
      expect(calls).toBe(0);
    });

    it("gives the same list until something changes", async () => {
      const { view, namespace, createFunction } = cluster();
      const before = view.serviceFunctions.list();
      expect(view.serviceFunctions.list()).toBe(before);
      await createFunction("dpi");
      await appears(view.serviceFunctions, `${namespace}/dpi`);
      expect(view.serviceFunctions.list()).not.toBe(before);
      expect(before.some(({ name }) => name === "dpi")).toBe(false);
    });
  });

  describe(`${name} as a ChainWriter`, () => {
    const cluster = opened(open);

    it("creates a path that is then seen as it was written", async () => {
      const { view, writer, namespace, createChain } = cluster();
      await createChain("web", ["firewall"]);
      await writer.createPath(pathOf(namespace));
      expect(await appears(view.serviceFunctionPaths, `${namespace}/web-7`)).toEqual(pathOf(namespace));
    });

    it("refuses a second path of the same name as a conflict", async () => {
      const { writer, namespace, createChain } = cluster();
      await createChain("web", ["firewall"]);
      await writer.createPath(pathOf(namespace));
      await expect(writer.createPath(pathOf(namespace))).rejects.toMatchObject({ code: "kubernetes-conflict" });
    });

    it("refuses a path of a chain that is gone as a conflict", async () => {
      const { writer, namespace } = cluster();
      await expect(writer.createPath(pathOf(namespace))).rejects.toMatchObject({ code: "kubernetes-conflict" });
    });

    it("makes a path active and inactive, and changes nothing else of it", async () => {
      const { view, writer, namespace, createChain } = cluster();
      const path = pathOf(namespace);
      await createChain("web", ["firewall"]);
      await writer.createPath(path);
      await appears(view.serviceFunctionPaths, `${namespace}/web-7`);
      for (const isActive of [true, false]) {
        await writer.setPathActive(path, isActive);
        const current = () => view.serviceFunctionPaths.get(`${namespace}/web-7`);
        await waitUntil(() => current()?.isActive === isActive, { what: `active: ${isActive}`, timeoutMs, pollMs: 5 });
        expect(current()).toEqual({ ...path, isActive });
      }
    });

    it("refuses to make a path active that is gone", async () => {
      const { writer, namespace } = cluster();
      const failure = writer.setPathActive(pathOf(namespace), true);
      await expect(failure).rejects.toMatchObject({ code: "kubernetes-conflict" });
    });

    it("deletes a path, and deleting it again is no error", async () => {
      const { view, writer, namespace, createChain } = cluster();
      await createChain("web", ["firewall"]);
      await writer.createPath(pathOf(namespace));
      await appears(view.serviceFunctionPaths, `${namespace}/web-7`);
      await writer.deletePath(namespace, "web-7");
      await disappears(view.serviceFunctionPaths, `${namespace}/web-7`);
      await writer.deletePath(namespace, "web-7");
    });

    it("reads back the status that it wrote", async () => {
      const { writer, namespace, createChain } = cluster();
      await createChain("web", ["firewall"]);
      expect(await writer.readChainStatus(namespace, "web")).toBeUndefined();
      await writer.updateChainStatus(namespace, "web", statusOf(true));
      expect(await writer.readChainStatus(namespace, "web")).toEqual(statusOf(true));
    });

    it("leaves nothing of an older status behind", async () => {
      const { writer, namespace, createChain } = cluster();
      await createChain("web", ["firewall"]);
      await writer.updateChainStatus(namespace, "web", statusOf(true));
      await writer.updateChainStatus(namespace, "web", statusOf(false));
      expect(await writer.readChainStatus(namespace, "web")).toEqual(statusOf(false));
    });

    it("knows no status of a chain that does not exist, and writes none", async () => {
      const { writer, namespace } = cluster();
      expect(await writer.readChainStatus(namespace, "gone")).toBeUndefined();
      const failure = writer.updateChainStatus(namespace, "gone", statusOf(true));
      await expect(failure).rejects.toMatchObject({ code: "kubernetes-conflict" });
    });
  });

  describe(`${name} as an EventRecorder`, () => {
    const cluster = opened(open);

    it("records events about a chain", async () => {
      const { view, recorder, namespace, createChain, readEvents } = cluster();
      await createChain("web", ["firewall"]);
      const { uid } = await appears(view.serviceFunctionChains, `${namespace}/web`);
      const kind = { apiVersion: "weft.dev/v1alpha1", kind: "ServiceFunctionChain" };
      const said = { type: "Normal", reason: "Solved", message: "split over 2 instances" } as const;
      await recorder.record({ regarding: { ...kind, namespace, name: "web", uid }, ...said });
      expect(await readEvents("web")).toEqual(["split over 2 instances"]);
    });

    it("records events about a pod, those about another one apart", async () => {
      const { view, recorder, namespace, createPod, readEvents } = cluster();
      for (const name of ["amf-0", "smf-0"]) {
        await createPod({ name, labels: {} });
        const { uid } = await appears(view.pods, `${namespace}/${name}`);
        const regarding = { apiVersion: "v1", kind: "Pod", namespace, name, uid };
        await recorder.record({ regarding, type: "Warning", reason: "PlacedElsewhere", message: `of ${name}` });
      }
      expect(await readEvents("amf-0")).toEqual(["of amf-0"]);
    });
  });
}

const kinds = [
  "pods",
  "nodes",
  "services",
  "serviceFunctions",
  "serviceFunctionChains",
  "serviceFunctionPaths",
  "meshPolicies",
  "placementPlans",
] as const;

export function opened(open: () => Promise<ClusterUnderTest>): () => ClusterUnderTest {
  let cluster: ClusterUnderTest | undefined;
  beforeEach(async () => {
    cluster = await open();
  });
  afterEach(async () => {
    await cluster?.close();
    cluster = undefined;
  });
  return () => {
    if (!cluster) throw new Error("the cluster is open only within a test");
    return cluster;
  };
}

export function appears<T>(collection: Collection<T>, key: string): Promise<T> {
  return waitUntil(() => collection.get(key), { what: `${key} appears`, timeoutMs, pollMs: 5 });
}

export async function disappears<T>(collection: Collection<T>, key: string): Promise<void> {
  await waitUntil(() => collection.get(key) === undefined, { what: `${key} disappears`, timeoutMs, pollMs: 5 });
}

function pathOf(namespace: string): ServiceFunctionPath {
  return {
    namespace,
    name: "web-7",
    chain: "web",
    chainGeneration: 3,
    spi: 7,
    isActive: false,
    isSymmetric: true,
    hops: [
      { serviceIndex: 1, function: "firewall", weights: [{ from: "node-a", to: "firewall-0", weight: 10_000 }] },
      { serviceIndex: 0, function: undefined, weights: [{ from: "firewall-0", to: "server-0", weight: 10_000 }] },
    ],
    prediction: { maxUtilisation: 0.5, lowerBound: 0.5, demandBytesPerSecond: 500_000 },
  };
}

function statusOf(isSolved: boolean): ChainStatus {
  const condition = {
    type: "Ready",
    status: isSolved ? "True" : "False",
    reason: isSolved ? "Solved" : "NoInstances",
    message: isSolved ? "the path is active" : "firewall has no instance",
    observedGeneration: 1,
    lastTransitionTime: "2030-01-01T00:00:00Z",
  } as const;
  const solution = {
    spi: 7,
    prediction: { maxUtilisation: 0.5, lowerBound: 0.5, demandBytesPerSecond: 500_000 },
    measured: { demandBytesPerSecond: 400_000, maxUtilisation: 0.4 },
  };
  return { observedGeneration: 1, conditions: [condition], ...(isSolved ? solution : {}) };
}
