import { createServer, type Server, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { findFreePort } from "../../tools/free-port.ts";
import { coreApi, removePodsAndNodes, waitUntilBound } from "../cluster-client.ts";
import { unrunPod } from "../cluster-objects.ts";
import type { Component } from "../component.ts";
import { describeWithControlPlane } from "../describe-with-control-plane.ts";
import { startScheduler } from "../kube-scheduler.ts";
import { type FlowExtender, startFlowExtender } from "./flow-extender.ts";
import { type MeshCluster, openMeshCluster } from "./mesh-cluster.ts";
import { type Stanza, schedulerConfiguration, stanzas } from "./scheduler-stanza.ts";

describeWithControlPlane("a pod is scheduled whatever the extender does", (connection) => {
  let cluster: MeshCluster;
  let scheduler: Component | undefined;
  let port: number;

  beforeAll(async () => {
    await removePodsAndNodes(coreApi(connection));
    cluster = await openMeshCluster(connection, []);
    await cluster.addNodes("a", "b");
  });

  beforeEach(async () => {
    port = await findFreePort();
  });

  afterEach(async () => {
    await scheduler?.stop();
    scheduler = undefined;
  });

  afterAll(() => cluster?.close());

  describe.each(stanzas)("with deploy/scheduler/%s", (stanza) => {
    it("when nothing listens where the extender should be", async () => {
      await schedule(stanza);
      await expectBound("down-1", "down-2");
    });

    it("when the extender accepts and never answers", async () => {
      const silent = await listenSilently(port);
      await schedule(stanza);
      await expectBound("slow-1", "slow-2");
      expect(silent.connectionCount()).toBeGreaterThan(0);
      await silent.close();
    });

    it("before, while and after the extender restarts, and it is asked again", async () => {
      let extender: FlowExtender | undefined = await startFlowExtender(cluster, { port });
      try {
        await schedule(stanza);
        await expectBound("before");
        await expectAsked(extender, "before");
        await extender.stop();
        await expectBound("meanwhile");
        extender = await startFlowExtender(cluster, { port });
        await expectBound("after");
        await expectAsked(extender, "after");
        await expect(extender.explain("meanwhile")).rejects.toThrow("no recent decision");
      } finally {
        await extender.stop();
      }
    });
  });

  async function schedule(stanza: Stanza): Promise<void> {
    const configuration = schedulerConfiguration(stanza, `http://127.0.0.1:${port}`);
    scheduler = await startScheduler(connection, { configuration });
  }

  /** Pods of these names, one after the other. */
  async function expectBound(...names: readonly string[]): Promise<void> {
    const { core, namespace } = cluster;
    for (const name of names) {
      await core.createNamespacedPod({ namespace, body: unrunPod({ name, namespace }) });
      expect(["a", "b"]).toContain(await waitUntilBound(core, name, namespace));
    }
    for (const name of names) await core.deleteNamespacedPod({ name, namespace, gracePeriodSeconds: 0 });
  }

  async function expectAsked(extender: FlowExtender, pod: string): Promise<void> {
    expect((await extender.explain(pod)).pod.workload).toBe(`${cluster.namespace}/${pod}`);
  }
});

interface SilentServer {
  connectionCount(): number;
  close(): Promise<void>;
}

async function listenSilently(port: number): Promise<SilentServer> {
  const open = new Set<Socket>();
  let connectionCount = 0;
  const server: Server = createServer((socket) => {
    connectionCount += 1;
    open.add(socket.on("error", () => {}).on("close", () => open.delete(socket)));
    socket.resume();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", () => resolve());
  });
  return {
    connectionCount: () => connectionCount,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}
