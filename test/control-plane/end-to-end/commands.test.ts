import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { coreApi, removePodsAndNodes } from "../cluster-client.ts";
import { handMadeNode } from "../cluster-objects.ts";
import { describeWithControlPlane } from "../describe-with-control-plane.ts";
import { installCrds, kubectl } from "../install-crds.ts";
import { applyManifests } from "./apply-manifests.ts";
import { exampleObject } from "./example-objects.ts";
import { removeNamespacedObjects } from "./remove-namespaced-objects.ts";
import { runWeft, startWeft, type WeftProcess } from "./weft-process.ts";

describeWithControlPlane("weft as a process", (connection) => {
  const namespace = `commands-${randomUUID().slice(0, 8)}`;
  const core = coreApi(connection);
  let weft: WeftProcess | undefined;

  beforeAll(async () => {
    await installCrds(connection);
    await core.createNamespace({ body: { metadata: { name: namespace } } });
    await core.createNode({ body: handMadeNode({ name: "a" }) });
  });

  afterEach(async () => {
    await weft?.stop();
    weft = undefined;
  });

  afterAll(async () => {
    await removeNamespacedObjects(connection, namespace);
    await removePodsAndNodes(core);
  });

  const commands = [
    { name: "control", args: [], metric: "weft_control_" },
    { name: "scheduler", args: ["--lease-namespace", namespace], metric: "weft_scheduler_" },
    { name: "sfc", args: ["--lease-namespace", namespace], metric: "weft_sfc_" },
  ] as const;

  it.each(commands)("weft $name gets ready on the API server, and ends with 0 on SIGTERM", async (one) => {
    weft = await startWeft(connection, one.name, one.args);
    expect(await (await fetch(`${weft.url}/metrics`)).text()).toContain(`\n${one.metric}`);
    expect(await weft.terminate()).toContain("(exit code 0)");
  });

  it("weft scheduler answers kube-scheduler's question about the cluster's nodes", async () => {
    weft = await startWeft(connection, "scheduler");
    const body = JSON.stringify({ Pod: { metadata: { name: "new", namespace } }, Nodes: null, NodeNames: ["a"] });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${weft.url}/prioritize`, { method: "POST", headers, body });
    expect(await answer.json()).toEqual([{ Host: "a", Score: 0 }]);
  });

  it("weft sfc leads, writes the status of a chain, and releases its Lease when it ends", async () => {
    weft = await startWeft(connection, "sfc", ["--lease-namespace", namespace]);
    await applyManifests(connection, namespace, [exampleObject("ServiceFunctionChain", "n6")]);
    await kubectlHere("wait", "--for=condition=Accepted=False", "--timeout=30s", "sfc/n6");
    expect(await leaseHolder()).not.toBe("");
    expect(await weft.terminate()).toContain("(exit code 0)");
    expect(await leaseHolder()).toBe("");
  });

  describe("refuses a configuration with exit code 64, naming the field:", () => {
    it.each([
      { name: "control", args: ["--set", "heartbeatMs=0"], says: "heartbeatMs" },
      { name: "scheduler", args: ["--set", "localityCosts.zone=far"], says: "localityCosts.zone" },
      { name: "sfc", args: ["--set", "drainTime=1"], says: "drainTime" },
      { name: "proxy", args: ["--set", "podAddress=nowhere"], says: "podAddress" },
      { name: "sfc", args: ["--kubeconfig", "/nowhere/kubeconfig"], says: "/nowhere/kubeconfig" },
    ])("weft $name $args.1", async ({ name, args, says }) => {
      const { exitCode, stderr } = await runWeft(name, ...args);
      expect(stderr).toContain(says);
      expect(exitCode).toBe(64);
    });
  });

  function leaseHolder(): Promise<string> {
    return kubectlHere("get", "lease/weft-sfc", "-o", "jsonpath={.spec.holderIdentity}");
  }

  function kubectlHere(...args: readonly string[]): Promise<string> {
    return kubectl(connection, ["-n", namespace, ...args]);
  }
});
