import { randomUUID } from "node:crypto";
import { CoordinationV1Api } from "@kubernetes/client-node";
import { afterEach, expect, it } from "vitest";
import type { Leadership } from "../../core/ports/leadership.ts";
import { createSystemClock } from "../../platform/clock/system-clock.ts";
import { openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { startLeaseLeadership } from "../../platform/kubernetes/lease-leadership.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { waitUntil } from "../tools/wait-until.ts";
import { clusterConfig } from "./cluster-client.ts";
import { describeWithControlPlane } from "./describe-with-control-plane.ts";

describeWithControlPlane("leadership by a real Lease", (connection) => {
  const cleanups: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0)) await cleanup();
  });

  /** The lease lasts as long as in production, so only a release hands it over within a test. */
  function replica(name: string, identity: string): Leadership {
    const clock = createSystemClock();
    const client = openKubernetesClient({ clock, kubeconfigPath: connection.paths.adminKubeconfig });
    const log = createLog({ level: "error", name: "test" });
    const timing = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 50 };
    const parts = { client, clock, log, random: Math.random, namespace: "default", name, identity, timing };
    const leadership = startLeaseLeadership(parts);
    cleanups.push(async () => {
      await leadership.stop();
      client.close();
    });
    return leadership;
  }

  function leads(leadership: Leadership): Promise<boolean> {
    return waitUntil(() => leadership.isLeader, { what: "leads", timeoutMs: 10_000, pollMs: 10 });
  }

  it("is one of three replicas, and goes to another when it is released", async () => {
    const name = `lease-${randomUUID()}`;
    const replicas = ["a", "b", "c"].map((identity) => replica(name, identity));
    const first = await waitUntil(() => replicas.find(({ isLeader }) => isLeader), {
      what: "one leads",
      timeoutMs: 10_000,
    });
    expect(replicas.filter(({ isLeader }) => isLeader)).toHaveLength(1);
    const others = replicas.filter((other) => other !== first);
    await first.stop();
    const second = await waitUntil(() => others.find(({ isLeader }) => isLeader), {
      what: "another leads",
      timeoutMs: 10_000,
    });
    expect(replicas.filter(({ isLeader }) => isLeader)).toEqual([second]);
  });

  it("is written as client-go writes it", async () => {
    const name = `lease-${randomUUID()}`;
    const leader = replica(name, "the-leader");
    await leads(leader);
    const api = clusterConfig(connection).makeApiClient(CoordinationV1Api);
    const held = await api.readNamespacedLease({ namespace: "default", name });
    expect(held.spec).toMatchObject({ holderIdentity: "the-leader", leaseDurationSeconds: 15, leaseTransitions: 0 });
    await leader.stop();
    const released = await api.readNamespacedLease({ namespace: "default", name });
    expect(released.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  });
});
