import type { V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { proxyAdminPort } from "../../../core/model/mesh-snapshot.ts";
import type { Pod } from "../../../core/model/pod.ts";
import { coreApi, removePodsAndNodes } from "../cluster-client.ts";
import { unrunPod } from "../cluster-objects.ts";
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

/** One pair of functions is dominant when it has this many times the bytes of the other. */
const DOMINANCE = 20;

/**
 * The UDR is asked by the UDM, on node b, and by the PCF, on node c. Nodes b and c are half full and node d is empty, so that
 * kube-scheduler by itself has every reason to choose d.
 */
describeWithControlPlane("a real kube-scheduler with the extender of deploy/scheduler", (connection) => {
  let cluster: MeshCluster;
  let extender: FlowExtender;
  let load: SbiLoad | undefined;
  const components: Component[] = [];

  beforeAll(async () => {
    await removePodsAndNodes(coreApi(connection));
    cluster = await openMeshCluster(connection, ["a", "b", "c", "d"]);
    extender = await startFlowExtender(cluster);
    const configuration = schedulerConfiguration("prioritize.yaml", extender.url);
    components.push(
      ...(await Promise.all([startControllerManager(connection), startScheduler(connection, { configuration })])),
    );
    await cluster.addNodes("a");
    await cluster.apply(exampleDeployment("nrf"), exampleObject("Service", "nrf"));
    await cluster.apply(exampleDeployment("udr"), exampleObject("Service", "udr"));
    await cluster.readyPods("udr", 1);
    await cluster.addNodes("b", "c", "d");
    for (const node of ["b", "c"]) await cluster.core.createNamespacedPod(ballastOn(node, cluster.namespace));
    await cluster.apply(exampleDeployment("udm", { node: "b" }), exampleObject("Service", "udm"));
    await cluster.apply(exampleDeployment("pcf", { node: "c" }), exampleObject("Service", "pcf"));
    await Promise.all(["nrf", "udm", "pcf"].map((name) => cluster.readyPods(name, 1)));
  });

  afterAll(async () => {
    await load?.stop();
    for (const component of components) await component.stop();
    await extender?.stop();
    await cluster?.close();
  });

  it("spreads a workload that no flow is known of", async () => {
    await cluster.apply(exampleDeployment("udr", { name: "idle-udr" }));
    const [pod] = await cluster.readyPods("idle-udr", 1);
    expect(pod?.node).toBe("d");
    const { prioritize } = await extender.explain(pod?.name ?? "");
    expect(prioritize.neutral?.reason).toBe("flows-unknown");
  });

  it("binds a new pod next to the peer that the proxies metered most bytes with", async () => {
    load = startSbiLoad(await sbiOf("udm"), readSubscription);
    await untilDominant("udm", "pcf");
    const pod = await scaleUdr(2);
    expect(pod.node).toBe("b");
    await expectNeighbour(pod, "udm");
  });

  it("says so in an event that kubectl describe shows on the pod", async () => {
    const pod = udrPods().find(({ node }) => node === "b");
    const described = await cluster.until("the pod has its event", async () => {
      const text = await kubectl(connection, ["describe", "pod", "-n", cluster.namespace, pod?.name ?? ""]);
      return text.includes("PlacedByTraffic") && text;
    });
    const udm = `${cluster.namespace}/udm`;
    expect(described).toMatch(
      new RegExp(
        `Normal +PlacedByTraffic .* weft.dev/scheduler +placed on b .* with ${udm} \\(measured\\) stays on the node`,
      ),
    );
  });

  it("has the traffic stay on the node where the new pod is", async () => {
    await cluster.until("the new UDR meters bytes from the UDM on its own node", async () => {
      const { address } = udrPods().find(({ node }) => node === "b") ?? {};
      const text = await (await fetch(`http://${address}:${proxyAdminPort}/metrics`)).text();
      return text.split("\n").some(isLocalFlow("udm", "udr", "b"));
    });
    expect(load?.refusal()).toBeUndefined();
  });

  it("binds the next pod elsewhere when the flows have turned around", async () => {
    await load?.stop();
    load = startSbiLoad(await sbiOf("pcf"), askForPolicy);
    await untilDominant("pcf", "udm");
    const pod = await scaleUdr(3);
    expect(pod.node).toBe("c");
    await expectNeighbour(pod, "pcf");
    expect(load.refusal()).toBeUndefined();
  });

  async function sbiOf(deployment: string): Promise<string> {
    const [pod] = await cluster.readyPods(deployment, 1);
    return `http://${pod?.address}:8000`;
  }

  function udrPods(): readonly Pod[] {
    return cluster.view.pods.list().filter(({ labels }) => labels.app === "udr");
  }

  async function untilDominant(much: string, little: string): Promise<void> {
    await cluster.until(`the UDR talks mostly to the ${much}`, async () => {
      const refusal = load?.refusal();
      if (refusal !== undefined) throw new Error(refusal);
      const bytesPerSecond = await extender.bytesPerSecond(much, "udr");
      return bytesPerSecond > 1000 && bytesPerSecond > DOMINANCE * (await extender.bytesPerSecond(little, "udr"));
    });
  }

  /** The pod that scaling up added. */
  async function scaleUdr(replicas: number): Promise<Pod> {
    const before = new Set(udrPods().map(({ uid }) => uid));
    await cluster.scale("udr", replicas);
    const [added] = (await cluster.readyPods("udr", replicas)).filter(({ uid }) => !before.has(uid));
    if (added === undefined) throw new Error("scaling up added no pod");
    return added;
  }

  async function expectNeighbour({ name, node }: Pod, workload: string): Promise<void> {
    const { pod, plugin, prioritize } = await extender.explain(name);
    expect(pod.workload).toBe(`${cluster.namespace}/udr`);
    expect(plugin).toBe("locality");
    expect(prioritize.neutral).toBeUndefined();
    const [best, second] = prioritize.nodes;
    expect(best).toMatchObject({ node, score: 10 });
    expect(best?.neighbours).toContainEqual({ workload: `${cluster.namespace}/${workload}`, replicas: 1 });
    expect(second?.score).toBeLessThan(10);
  }
});

const readSubscription = (index: number) => ({ method: "GET", path: `/nudm-sdm/v2/${supiOf(index)}/am-data` }) as const;

function askForPolicy(index: number) {
  const body = { notificationUri: "http://127.0.0.1/none", supi: supiOf(index), suppFeat: "0" };
  return { method: "POST", path: "/npcf-am-policy-control/v1/policies", body } as const;
}

function supiOf(index: number): string {
  return `imsi-00101${String(index % 1000).padStart(10, "0")}`;
}

function isLocalFlow(source: string, destination: string, node: string): (line: string) => boolean {
  const labels = [
    `source_workload="${source}"`,
    `destination_workload="${destination}"`,
    `source_node="${node}"`,
    `destination_node="${node}"`,
  ];
  return (line) => line.startsWith("istio_tcp_received_bytes_total") && labels.every((label) => line.includes(label));
}

/** Takes half of the node, so that the scheduler's own scores prefer another. */
function ballastOn(node: string, namespace: string): { namespace: string; body: V1Pod } {
  const pod = unrunPod({ name: `ballast-${node}`, namespace, cpu: "2" });
  return { namespace, body: { ...pod, spec: { ...pod.spec, containers: pod.spec?.containers ?? [], nodeName: node } } };
}
