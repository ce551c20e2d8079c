/** `weft scheduler` as a process, killed and started again, on a real API server. */
import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { waitUntil } from "../../tools/wait-until.ts";
import { coreApi, removePodsAndNodes } from "../cluster-client.ts";
import { handMadeNode, unrunPod } from "../cluster-objects.ts";
import { describeWithControlPlane } from "../describe-with-control-plane.ts";
import { installCrds, kubectl } from "../install-crds.ts";
import { removeNamespacedObjects } from "./remove-namespaced-objects.ts";
import { type ScriptedPrometheus, startScriptedPrometheus } from "./scripted-prometheus.ts";
import { startWeft, type WeftProcess } from "./weft-process.ts";

describeWithControlPlane("learned flows", (connection) => {
  const namespace = `learned-${randomUUID().slice(0, 8)}`;
  const core = coreApi(connection);
  let prometheus: ScriptedPrometheus;
  let weft: WeftProcess | undefined;
  let other: WeftProcess | undefined;

  beforeAll(async () => {
    await installCrds(connection);
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    for (const name of ["a", "b"]) await core.createNode({ body: handMadeNode({ name }) });
    const { spec, ...pod } = unrunPod({ name: "nrf", namespace });
    await core.createNamespacedPod({ namespace, body: { ...pod, spec: { containers: [], ...spec, nodeName: "b" } } });
    prometheus = await startScriptedPrometheus(namespace, "amf", "nrf");
  });

  afterEach(async () => {
    for (const process of [weft, other]) await process?.stop();
    [weft, other] = [undefined, undefined];
  });

  afterAll(async () => {
    prometheus.stop();
    await removeNamespacedObjects(connection, namespace);
    await removePodsAndNodes(core);
  });

  const settings = ["--set", "pollIntervalMs=100", "--set", "profileIntervalMs=200"];
  const lease = ["--lease-namespace", namespace];

  it("survive that the scheduler ends and another starts, which places by them without any telemetry", async () => {
    weft = await startWeft(connection, "scheduler", [...settings, ...lease, "--prometheus", prometheus.url]);
    await waitUntil(async () => (await profile()).includes("amf>nrf"), { what: "a profile", timeoutMs: 30_000 });
    expect(await weft.terminate()).toContain("(exit code 0)");

    weft = await startWeft(connection, "scheduler", [...settings, ...lease, "--prometheus", "http://127.0.0.1:1"]);
    const scored = await waitUntil(async () => scores(weft?.url ?? ""), { what: "scores", timeoutMs: 30_000 });
    expect(scored).toEqual({ a: 0, b: 10 });
    const explained = await fetch(`${weft.url}/v1/explain/${namespace}/amf`);
    expect(await explained.json()).toMatchObject({
      prioritize: { flows: [{ peer: `${namespace}/nrf`, origin: "profile" }] },
    });
  });

  it("are known to every replica, all of which answer alike, while one of them leads", async () => {
    const blind = [...settings, ...lease, "--prometheus", "http://127.0.0.1:1"];
    weft = await startWeft(connection, "scheduler", blind);
    other = await startWeft(connection, "scheduler", blind);
    for (const { url } of [weft, other]) {
      const scored = await waitUntil(async () => scores(url), { what: "scores", timeoutMs: 30_000 });
      expect(scored).toEqual({ a: 0, b: 10 });
    }
  });

  function profile(): Promise<string> {
    const flows = "jsonpath={range .items[*].spec.flows[*]}{.source}>{.destination} {end}";
    return kubectl(connection, ["-n", namespace, "get", "trafficprofiles", "-o", flows]);
  }

  /** Undefined while the answer is neutral. */
  async function scores(url: string): Promise<Record<string, number> | undefined> {
    const body = JSON.stringify({ Pod: { metadata: { name: "amf", namespace } }, NodeNames: ["a", "b"] });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${url}/prioritize`, { method: "POST", headers, body });
    const list = (await answer.json()) as readonly { readonly Host: string; readonly Score: number }[];
    return list.some(({ Score }) => Score > 0)
      ? Object.fromEntries(list.map(({ Host, Score }) => [Host, Score]))
      : undefined;
  }
});
