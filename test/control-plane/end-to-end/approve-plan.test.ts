/** `weft scheduler` as a process: it proposes, a person approves with kubectl, and a second process goes on where the first has ended. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSystemClock } from "../../../platform/clock/system-clock.ts";
import { openKubernetesClient } from "../../../platform/kubernetes/kubernetes-client.ts";
import { openClusterView } from "../../../platform/kubernetes/kubernetes-cluster-view.ts";
import { createLog } from "../../../platform/log/pino-log.ts";
import { waitUntil } from "../../tools/wait-until.ts";
import { coreApi, removePodsAndNodes } from "../cluster-client.ts";
import { handMadeNode } from "../cluster-objects.ts";
import type { Component } from "../component.ts";
import { describeWithControlPlane } from "../describe-with-control-plane.ts";
import { installCrds, kubectl } from "../install-crds.ts";
import { startControllerManager } from "../kube-controller-manager.ts";
import { startScheduler } from "../kube-scheduler.ts";
import { openManifestFolder } from "../manifest-folder.ts";
import { type ReadyReporter, startReadyReporter } from "../ready-reporter.ts";
import { removeNamespacedObjects } from "./remove-namespaced-objects.ts";
import { schedulerConfiguration } from "./scheduler-stanza.ts";
import { type ScriptedPrometheus, startScriptedPrometheus } from "./scripted-prometheus.ts";
import { startWeft, type WeftProcess } from "./weft-process.ts";

const settings = [
  ...["pollIntervalMs=200", "halfLifeMs=1000", "rescheduler.mode=propose", "rescheduler.intervalMs=500"],
  ...["rescheduler.windowMs=1000", "rescheduler.settleMs=500", "rescheduler.cooldownMs=100"],
].flatMap((setting) => ["--set", setting]);

describeWithControlPlane("a plan that a person approves", (connection) => {
  const namespace = `approve-${randomUUID().slice(0, 8)}`;
  const core = coreApi(connection);
  const [clock, log] = [createSystemClock(), createLog({ level: "error", name: "test" })];
  const client = openKubernetesClient({ clock, kubeconfigPath: connection.paths.adminKubeconfig });
  const view = openClusterView({ client, clock, log, random: Math.random, kinds: ["pods"] });
  const folder = openManifestFolder();
  const components: Component[] = [];
  let prometheus: ScriptedPrometheus;
  let reporter: ReadyReporter;
  let weft: WeftProcess | undefined;

  /** The AMFs are placed while node a is the only one; the NRFs must be on node b. */
  beforeAll(async () => {
    await removePodsAndNodes(core);
    await installCrds(connection);
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    prometheus = await startScriptedPrometheus(namespace, "amf", "nrf");
    reporter = startReadyReporter(client, view, namespace);
    weft = await start();
    const configuration = schedulerConfiguration("prioritize.yaml", weft.url);
    components.push(await startControllerManager(connection), await startScheduler(connection, { configuration }));
    await core.createNode({ body: handMadeNode({ name: "a" }) });
    await apply(deployment("amf"));
    await readyOn("amf", ["a", "a"]);
    await core.createNode({ body: handMadeNode({ name: "b" }) });
    await apply(deployment("nrf", { "kubernetes.io/hostname": "b" }));
    await readyOn("nrf", ["b", "b"]);
  });

  afterAll(async () => {
    await weft?.stop();
    prometheus.stop();
    await kubectl(connection, ["-n", namespace, "delete", "pdb", "--all"]);
    await removeNamespacedObjects(connection, namespace);
    await reporter.stop();
    for (const component of components) await component.stop();
    await view.stop();
    client.close();
    folder.remove();
    await removePodsAndNodes(core);
  });

  it("waits for the approval, and moves nothing", async () => {
    await waitUntil(async () => (await plan("{.status.phase}")) === "Proposed", wait("a proposal"));
    expect(await plan("{.spec.approved} {.spec.moveCount} {.spec.gainShare}")).toBe("false 2 1");
    expect(await plan('{.status.conditions[?(@.type=="Approved")].reason}')).toBe("Waiting");
    await readyOn("amf", ["a", "a"]);
  });

  it("is held up by a disruption budget once it is approved, and says so in an event", async () => {
    await apply({
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      metadata: { name: "amf" },
      spec: { minAvailable: 2, selector: { matchLabels: { app: "amf" } } },
    });
    const name = await plan("{.metadata.name}");
    const approval = ["patch", "placementplan", name, "--type=merge", "-p", '{"spec":{"approved":true}}'];
    await kubectl(connection, ["-n", namespace, ...approval]);
    await waitUntil(async () => (await plan("{.status.reason}")) === "EvictionDelayed", wait("the delay"));
    const described = () => kubectl(connection, ["-n", namespace, "describe", "placementplan", name]);
    await waitUntil(async () => (await described()).includes("needs 2 healthy pods"), wait("the event"));
    expect(await described()).toMatch(/PlanApproved/);
  });

  it("is carried to its end by the next process, with no pod evicted but two", async () => {
    expect(await weft?.terminate()).toContain("(exit code 0)");
    const url = weft?.url ?? "";
    weft = await start(Number(new URL(url).port));
    await kubectl(connection, ["-n", namespace, "delete", "pdb", "--all"]);
    await waitUntil(async () => (await plan("{.status.phase}")) === "Done", wait("the end"));
    await readyOn("amf", ["b", "b"]);
    const metrics = await (await fetch(`${weft.url}/metrics`)).text();
    expect(metrics).toContain('weft_scheduler_rescheduler_evictions_total{outcome="evicted"} 2');
    expect(metrics).toContain('weft_scheduler_rescheduler_moves_total{outcome="moved"} 2');
  });

  function start(port?: number): Promise<WeftProcess> {
    const flows = ["--prometheus", prometheus.url, "--lease-namespace", namespace];
    return startWeft(connection, "scheduler", [...settings, ...flows], { port });
  }

  function plan(path: string): Promise<string> {
    const ofFirst = `jsonpath=${path.replaceAll("{.", "{.items[0].")}`;
    return kubectl(connection, ["-n", namespace, "get", "placementplans", "-o", ofFirst]);
  }

  async function apply(object: object): Promise<void> {
    await kubectl(connection, ["-n", namespace, "apply", "-f", folder.write("object.json", object)]);
  }

  function deployment(app: string, nodeSelector: Readonly<Record<string, string>> = {}): object {
    const container = { name: "main", image: "nowhere.invalid/none", resources: { requests: { cpu: "100m" } } };
    const template = { metadata: { labels: { app } }, spec: { nodeSelector, containers: [container] } };
    const spec = { replicas: 2, selector: { matchLabels: { app } }, template };
    return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: app }, spec };
  }

  async function readyOn(app: string, nodes: readonly string[]): Promise<void> {
    await waitUntil(
      () => {
        const pods = view.pods.list().filter((pod) => pod.namespace === namespace && pod.labels.app === app);
        const isAsMeant = pods.every((pod, at) => pod.node === nodes[at] && pod.isReady && !pod.isTerminating);
        return pods.length === nodes.length && isAsMeant;
      },
      wait(`${app} is ready on ${nodes.join()}`),
    );
  }

  function wait(what: string) {
    return { what, timeoutMs: 45_000, giveUp: () => reporter.failure() };
  }
});
