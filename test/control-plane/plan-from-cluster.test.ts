import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { V1Node, V1Pod } from "@kubernetes/client-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { TrafficProfile } from "../../core/model/traffic-profile.ts";
import { parsePlacementScenario } from "../../platform/schema/placement-scenario.ts";
import { trafficProfileObject } from "../../platform/schema/traffic-profile.ts";
import { nodeObject, type PodWords, podObject } from "../builders/live-cluster.ts";
import { startTextServer } from "../tools/text-server.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { coreApi, removePodsAndNodes } from "./cluster-client.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";
import { applyManifests } from "./end-to-end/apply-manifests.ts";
import { removeNamespacedObjects } from "./end-to-end/remove-namespaced-objects.ts";
import { runWeft } from "./end-to-end/weft-process.ts";
import { installCrds } from "./install-crds.ts";

const namespace = "planned";
const hostname = "kubernetes.io/hostname";

describeWithControlPlane("weft plan --from-cluster", (connection) => {
  const core = coreApi(connection);
  const folder = mkdtempSync(path.join(tmpdir(), "weft-plan-"));
  const [dump, out] = [path.join(folder, "scenario.json"), path.join(folder, "plan.json")];
  const cluster = ["plan", "--from-cluster", "--kubeconfig", connection.paths.adminKubeconfig, "--seconds", "0.2"];

  beforeAll(async () => {
    await installCrds(connection);
    await removePodsAndNodes(core);
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    for (const name of ["n1", "n2", "n3"])
      await core.createNode({ body: nodeObject(name, name === "n3" ? { unschedulable: true } : {}) as V1Node });
    const apart: PodWords = {
      affinity: {
        podAntiAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: [
            { labelSelector: { matchLabels: { app: "upf" } }, topologyKey: hostname },
          ],
        },
      },
    };
    await create("smf-a", { on: "n1" });
    await create("amf-a", { on: "n2" });
    for (const name of ["upf-a", "upf-b"]) await create(name, apart);
    await create("db-a", { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] });
    const profile: TrafficProfile = {
      namespace,
      flows: [
        {
          ...{ source: "smf", destinationNamespace: namespace, destination: "amf" },
          ...{ requestBytesPerSecond: 500, responseBytesPerSecond: 500, lastAtMs: Date.now() },
        },
      ],
    };
    const { metadata, spec, ...object } = trafficProfileObject(profile);
    await applyManifests(connection, namespace, [{ ...object, metadata: { ...metadata }, spec }]);
  });

  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await removeNamespacedObjects(connection, namespace);
    await removePodsAndNodes(core);
  });

  it("plans what is pending by the flows that Prometheus counts, within what pods ask for", async () => {
    const prometheus = await startTextServer(vectorOf(0));
    const growth = waitUntil(() => prometheus.requests > 0, { what: "the first reading", timeoutMs: 30_000 }).then(
      () => {
        prometheus.text = vectorOf(100_000);
      },
    );
    const source = ["--prometheus", new URL(prometheus.url).origin, "--observe", "1"];
    const { exitCode, stderr } = await runWeft(...cluster, ...source, "--moves-max", "0", "--out", out);
    await growth;
    await prometheus.close();
    expect(stderr).toContain("flows were measured over 1 s by prometheus");
    expect(stderr).toContain("traffic between 2 pairs of workloads: 1 by measured, 1 by profile");
    expect(stderr).toContain(
      "left to kube-scheduler, as it has a volume of the kind persistentVolumeClaim: planned/db-a",
    );
    expect(exitCode).toBe(0);
    const { pods, unplanned, violations, moves } = readJson(out);
    expect(Object.values(pods).sort()).toEqual(["n1", "n2"]);
    expect(Object.keys(unplanned)).toEqual(["planned/db-a"]);
    expect([violations, moves]).toEqual([[], 0]);
  });

  it("goes by what was learned before where nothing is measured", async () => {
    const { exitCode, stderr } = await runWeft(...cluster, "--observe", "0", "--out", out);
    expect(stderr).toContain("traffic between 1 pairs of workloads: 1 by profile");
    expect(exitCode).toBe(0);
    expect(readJson(out)).toMatchObject({ initialGainedAffinity: 0, gainedAffinity: 1, moves: 1 });
  });

  it("writes a scenario that can be planned elsewhere", async () => {
    const { exitCode } = await runWeft(...cluster, "--observe", "0", "--dump", dump);
    expect(exitCode).toBe(0);
    const parsed = parsePlacementScenario(readJson(dump));
    expect(parsed).toMatchObject({
      kind: "parsed",
      value: {
        resources: ["cpu", "memory", "pods"],
        nodes: [{ name: "n1" }, { name: "n2" }, { name: "n3" }],
        services: [
          { name: "planned/amf", nodes: ["n1", "n2"], initial: new Map([["n2", 1]]) },
          { name: "planned/smf", nodes: ["n1", "n2"], initial: new Map([["n1", 1]]) },
          { name: "planned/upf", nodes: ["n1", "n2"], perNodeMax: 1, initial: new Map() },
        ],
        traffic: [{ from: "planned/amf", to: "planned/smf" }],
      },
    });
    const again = await runWeft("plan", "--scenario", dump, "--seconds", "0.2", "--out", out);
    expect([again.exitCode, again.stderr]).toEqual([0, ""]);
    expect(readJson(out).gainedAffinity).toBe(1);
  });

  async function create(name: string, words: PodWords): Promise<void> {
    const { metadata, spec } = podObject(`${namespace}/${name}`, words);
    const { uid: _, ...own } = metadata ?? {};
    const body = { metadata: own, spec: { ...spec, schedulerName: "nobody" } } as unknown as V1Pod;
    await core.createNamespacedPod({ namespace, body });
  }
});

/** What a Prometheus answers of the bytes that amf has sent to upf. */
function vectorOf(bytes: number): string {
  const metric = {
    __name__: "istio_tcp_received_bytes_total",
    reporter: "destination",
    ...{ source_workload: "amf", source_workload_namespace: namespace, source_pod: "amf-a" },
    ...{ destination_workload: "upf", destination_workload_namespace: namespace, destination_pod: "upf-a" },
  };
  const result = [{ metric, value: [Date.now() / 1000, String(bytes)] }];
  return JSON.stringify({ status: "success", data: { resultType: "vector", result } });
}

function readJson(file: string) {
  return JSON.parse(readFileSync(file, "utf8"));
}
