import { afterEach, beforeEach, expect, it } from "vitest";
import type { Leadership } from "../../core/ports/leadership.ts";
import { type KubernetesClient, openKubernetesClient } from "../../platform/kubernetes/kubernetes-client.ts";
import { startLeaseLeadership } from "../../platform/kubernetes/lease-leadership.ts";
import { createLog } from "../../platform/log/pino-log.ts";
import { createManualClock, type ManualClock } from "../fakes/manual-clock.ts";
import { type ScriptedApiServer, startScriptedApiServer } from "../fakes/scripted-api-server.ts";
import { waitUntil } from "../tools/wait-until.ts";

const collection = "/apis/coordination.k8s.io/v1/namespaces/weft/leases";
const path = `${collection}/sfc`;
const missing = { kind: "Status", code: 404, reason: "NotFound" };
const conflict = { kind: "Status", code: 409, reason: "Conflict", message: "the object has been modified" };
let server: ScriptedApiServer;
let clock: ManualClock;
let client: KubernetesClient;
let leadership: Leadership;
let changes: boolean[];

beforeEach(async () => {
  server = await startScriptedApiServer();
  clock = createManualClock();
  client = openKubernetesClient({ clock, kubeconfigPath: server.kubeconfigPath });
  changes = [];
  const log = createLog({ level: "silent", name: "test" });
  const parts = { client, clock, log, random: () => 0.5, namespace: "weft", name: "sfc", identity: "me" };
  leadership = startLeaseLeadership(parts);
  leadership.subscribe((isLeader) => changes.push(isLeader));
});

afterEach(async () => {
  const stopped = leadership.stop();
  await server.close();
  await stopped;
  client.close();
});

it("a lease that does not exist is created and led by", async () => {
  (await server.next(path)).answer(404, missing);
  const creation = await server.next(collection);
  expect(creation.method).toBe("POST");
  expect(creation.body).toMatchObject({
    metadata: { namespace: "weft", name: "sfc" },
    spec: { holderIdentity: "me", leaseDurationSeconds: 15, leaseTransitions: 0 },
  });
  creation.answer(201, {});
  await leads();
  expect(changes).toEqual([true]);
});

it("a lease that another replica creates first is not led by", async () => {
  (await server.next(path)).answer(404, missing);
  (await server.next(collection)).answer(409, { ...conflict, reason: "AlreadyExists" });
  await waits();
  expect(leadership.isLeader).toBe(false);
});

it("a lease that another holds is asked for again after 2 s and a random part", async () => {
  (await server.next(path)).answer(200, leaseOf("other"));
  await waits();
  expect(clock.pendingDelaysMs).toEqual([3200]);
});

it("a lease that another does not renew is taken after its duration, by this replica's clock", async () => {
  for (let waitedMs = 0; waitedMs < 15_000; waitedMs += 3200) {
    (await server.next(path)).answer(200, leaseOf("other"));
    await waits();
    expect(leadership.isLeader).toBe(false);
    clock.advance(3200);
  }
  (await server.next(path)).answer(200, leaseOf("other"));
  const taken = await server.next(path);
  expect(taken.method).toBe("PUT");
  expect(taken.body).toMatchObject({
    metadata: { resourceVersion: "7", annotations: { kept: "yes" } },
    spec: { holderIdentity: "me", leaseTransitions: 3 },
  });
  taken.answer(200, {});
  await leads();
});

it("a lease that another goes on renewing is never taken", async () => {
  for (let round = 0; round < 10; round++) {
    const request = await server.next(path);
    expect(request.method).toBe("GET");
    request.answer(200, leaseOf("other", round));
    await waits();
    clock.advance(3200);
  }
  expect(changes).toEqual([]);
});

it("a lease that another takes in the same moment is a conflict, and not led by", async () => {
  (await server.next(path)).answer(200, leaseOf(""));
  (await server.next(path)).answer(409, conflict);
  await waits();
  expect(leadership.isLeader).toBe(false);
});

it("a leader renews every 2 s", async () => {
  await lead();
  clock.advance(2000);
  await renew();
  expect(clock.pendingDelaysMs).toEqual([2000, 10_000]);
  expect(changes).toEqual([true]);
});

it("a leader stops leading 10 s after its last renewal, even while a request hangs", async () => {
  await lead();
  clock.advance(2000);
  await renew();
  clock.advance(2000);
  await server.next(path);
  clock.advance(4999);
  expect(leadership.isLeader).toBe(true);
  clock.advance(3001);
  expect(leadership.isLeader).toBe(false);
  expect(changes).toEqual([true, false]);
});

it("a leader survives failures that are shorter than its deadline", async () => {
  await lead();
  for (let failure = 0; failure < 3; failure++) {
    clock.advance(2000);
    (await server.next(path)).answer(503, "down");
    await waits(2);
  }
  clock.advance(2000);
  await renew();
  clock.advance(2000);
  await server.next(path);
  expect(changes).toEqual([true]);
});

it("a leader whose request hangs has time to try another", async () => {
  await lead();
  clock.advance(2000);
  await server.next(path);
  clock.advance(5000);
  await waits(2);
  clock.advance(2000);
  await renew();
  expect(changes).toEqual([true]);
});

it("a leader that sees another holder stops leading at once", async () => {
  await lead();
  clock.advance(2000);
  (await server.next(path)).answer(200, leaseOf("other"));
  await waitUntil(() => !leadership.isLeader, { what: "leads no more", timeoutMs: 5000, pollMs: 2 });
});

it("a lost lead is tried for again", async () => {
  await lead();
  clock.advance(10_000);
  expect(leadership.isLeader).toBe(false);
  (await server.next(path)).answer(500, "down");
  await waits();
  clock.advance(3200);
  await renew();
  expect(changes).toEqual([true, false, true]);
});

it("a stopped leader first stops leading, then releases the lease", async () => {
  await lead();
  const stopped = leadership.stop();
  const read = await server.next(path);
  expect(leadership.isLeader).toBe(false);
  read.answer(200, leaseOf("me"));
  const release = await server.next(path);
  expect(release.body).toMatchObject({
    metadata: { resourceVersion: "7" },
    spec: { holderIdentity: "", leaseDurationSeconds: 1 },
  });
  release.answer(200, {});
  await stopped;
  expect(clock.pending).toBe(0);
});

it("a stopped replica does not touch another's lease", async () => {
  (await server.next(path)).answer(200, leaseOf("other"));
  await waits();
  const stopped = leadership.stop();
  (await server.next(path)).answer(200, leaseOf("other"));
  await stopped;
  expect(server.untaken()).toEqual([]);
});

it("nobody who has unsubscribed is told", async () => {
  const told: boolean[] = [];
  leadership.subscribe((isLeader) => told.push(isLeader))();
  await lead();
  expect(told).toEqual([]);
});

async function lead(): Promise<void> {
  (await server.next(path)).answer(200, leaseOf(""));
  (await server.next(path)).answer(200, {});
  await leads();
  await waits(2);
}

async function renew(): Promise<void> {
  (await server.next(path)).answer(200, leaseOf("me"));
  const write = await server.next(path);
  expect(write.method).toBe("PUT");
  write.answer(200, {});
  await waits(2);
  await leads();
}

function leads(): Promise<unknown> {
  return waitUntil(() => leadership.isLeader, { what: "leads", timeoutMs: 5000, pollMs: 2 });
}

/** Until no request is under way, which would time out after 5 s: a follower waits for its next try, a leader for its deadline too. */
function waits(timers = 1): Promise<unknown> {
  const isWaiting = () => clock.pending === timers && !clock.pendingDelaysMs.includes(5000);
  return waitUntil(isWaiting, { what: `${timers} timers wait`, timeoutMs: 5000, pollMs: 2 });
}

function leaseOf(holderIdentity: string, renewals = 0) {
  const renewTime = `2029-01-01T00:00:0${renewals}.000000Z`;
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { namespace: "weft", name: "sfc", resourceVersion: "7", annotations: { kept: "yes" } },
    spec: { holderIdentity, leaseDurationSeconds: 15, acquireTime: renewTime, renewTime, leaseTransitions: 2 },
  };
}
