import { afterEach, expect, test } from "vitest";
import type { Leadership } from "../core/ports/leadership.ts";
import { meshPod } from "../test/builders/mesh-cluster.ts";
import { pendingPod, type SchedulerBench, schedulerBench } from "../test/builders/scheduler-bench.ts";
import { createMemoryProfileStore } from "../test/fakes/memory-profile-store.ts";
import { unavailable } from "../test/fakes/scripted-flow-source.ts";

const intervalMs = 60_000;
const running: { bench: SchedulerBench; stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const { bench, stop } of running.splice(0)) {
    const stopped = stop();
    await bench.clock.advanceAsync(10_000);
    await stopped;
    await bench.stop();
  }
});

interface ScriptedLeadership extends Leadership {
  isLeader: boolean;
  lead(): void;
}

function scriptedLeadership(isLeader: boolean): ScriptedLeadership {
  const listeners = new Set<(isLeader: boolean) => void>();
  return {
    isLeader,
    lead() {
      this.isLeader = true;
      for (const listener of listeners) listener(true);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop: async () => {},
  };
}

/** A scheduler that has just started, and what it left in the store. */
async function replica(store = createMemoryProfileStore(), leadership = scriptedLeadership(true)) {
  const pods = [meshPod("nrf-0", "c")];
  const bench = await schedulerBench({ pods, profiles: { store, leadership } });
  const keeping = bench.scheduler.keep();
  if (!keeping) throw new Error("profiles are not kept");
  running.push({ bench, stop: keeping.stop });
  await bench.clock.advanceAsync(0);
  return { bench, store, leadership, keeping };
}

test("learned flows survive a restart, and the explanation says where they come from", async () => {
  const first = await replica();
  await first.bench.learn({ "amf>nrf": 1000 });
  await first.keeping.stop();

  const { bench } = await replica(first.store);
  expect(await bench.scores(pendingPod("amf"))).toEqual({ a: 0, b: 0, c: 10 });
  const { json } = await bench.get("/v1/explain/core/amf-x");
  expect(json.prioritize).toMatchObject({
    flows: [{ peer: "core/nrf", bytesPerSecond: expect.closeTo(1000, -1), origin: "profile" }],
  });
});

test("a workload that was measured under another name is known by its image, also before the view has its first pod", async () => {
  const first = await replica();
  first.bench.view.pods.put(meshPod("amf-0", "a", "", { image: "r/amf:1" }));
  await first.bench.learn({ "amf>nrf": 1000 });
  await first.keeping.stop();
  expect(first.store.profiles.get("core")?.flows).toMatchObject([{ source: "amf", sourceImage: "r/amf:1" }]);

  const { bench } = await replica(first.store);
  const pod = { ...pendingPod("access"), spec: { containers: [{ name: "main", image: "r/amf:2" }] } };
  expect(await bench.scores(pod)).toEqual({ a: 0, b: 0, c: 10 });
  bench.view.pods.put(meshPod("access-x", "", "", { uid: "access-x", node: undefined, image: "r/amf:2" }));
  expect(await bench.scores(pod)).toEqual({ a: 0, b: 0, c: 10 });
  const { json } = await bench.get("/v1/explain/core/access-x");
  expect(json.prioritize).toMatchObject({
    flows: [{ peer: "core/nrf", bytesPerSecond: expect.closeTo(1000, -1), origin: "image" }],
    remarks: ["image r/amf:2: expected to talk as core/amf did with r/amf:1"],
    why: { text: expect.stringContaining("with core/nrf (image) stays on the node") },
  });
  bench.view.pods.put(meshPod("access-x", "b", "", { uid: "access-x", image: "r/amf:2" }));
  expect(await bench.scores(pendingPod("nrf", "y"))).toMatchObject({ b: 10 });
});

test("what an image did is believed before what an annotation says of the same two", async () => {
  const first = await replica();
  first.bench.view.pods.put(meshPod("amf-0", "a", "", { image: "r/amf:1" }));
  await first.bench.learn({ "amf>nrf": 1000 });
  await first.keeping.stop();
  const { bench } = await replica(first.store);
  bench.view.pods.put(meshPod("udm-0", "a"));
  const annotations = { "weft.dev/talks-to": "nrf=1k,udm=7k" };
  const pod = { ...pendingPod("access"), spec: { containers: [{ name: "main", image: "r/amf:1" }] } };
  await bench.scores({ ...pod, metadata: { ...pod.metadata, annotations } });
  const { json } = await bench.get("/v1/explain/core/access-x");
  expect(json.prioritize).toMatchObject({
    flows: [
      { peer: "core/udm", bytesPerSecond: 7000, origin: "annotation" },
      { peer: "core/nrf", origin: "image" },
    ],
  });
});

test("a new leader writes images into the profiles of a version that knew none", async () => {
  const store = createMemoryProfileStore();
  const ends = { source: "amf", destinationNamespace: "core", destination: "nrf" };
  const flow = {
    ...ends,
    requestBytesPerSecond: 1000,
    responseBytesPerSecond: 0,
    lastAtMs: Date.UTC(2029, 11, 31, 12),
  };
  store.profiles.set("core", { namespace: "core", flows: [flow] });
  const { bench } = await replica(store);
  bench.view.pods.put(meshPod("amf-0", "a", "", { image: "r/amf:1" }));
  await bench.learn({ "amf>nrf": 10 });
  await bench.clock.advanceAsync(intervalMs);
  expect(store.profiles.get("core")?.flows).toEqual([{ ...flow, sourceImage: "r/amf:1" }]);
});

test("what is measured after the restart counts more than what was measured before", async () => {
  const first = await replica();
  await first.bench.learn({ "amf>nrf": 1000 });
  await first.keeping.stop();
  const { bench } = await replica(first.store);
  bench.view.pods.put(meshPod("udm-0", "a"));
  await bench.learn({ "amf>udm": 10 });
  expect(await bench.scores(pendingPod("amf"))).toMatchObject({ a: 10, c: 0 });
});

test("a profile is written at most once in an interval, and only when it has changed noticeably", async () => {
  const { bench, store } = await replica();
  await bench.learn({ "amf>nrf": 1000 });
  expect(store.writes).toBe(0);
  await bench.clock.advanceAsync(intervalMs);
  expect(store.writes).toBe(1);
  await bench.learn({ "amf>nrf": 1000 });
  await bench.clock.advanceAsync(10 * intervalMs);
  expect(store.writes).toBe(1);
  await bench.learn({ "amf>nrf": 1_000_000 });
  await bench.clock.advanceAsync(intervalMs);
  expect(store.writes).toBe(2);
  expect(await bench.metric('weft_scheduler_profile_writes_total{outcome="written"}')).toBe("2");
});

test("only the leader writes, and it begins when it leads", async () => {
  const { bench, store, leadership, keeping } = await replica(undefined, scriptedLeadership(false));
  await bench.learn({ "amf>nrf": 1000 });
  await bench.clock.advanceAsync(3 * intervalMs);
  expect(store.writes).toBe(0);
  leadership.lead();
  await bench.clock.advanceAsync(0);
  expect(store.writes).toBe(1);
  await keeping.stop();
});

test("a new leader keeps what its predecessor has written meanwhile", async () => {
  const second = await replica(undefined, scriptedLeadership(false));
  const first = await replica(second.store);
  await first.bench.learn({ "amf>nrf": 1000 });
  await first.keeping.stop();
  await second.bench.learn({ "smf>udm": 500 });
  second.leadership.lead();
  await second.bench.clock.advanceAsync(0);
  const pairs = second.store.profiles.get("core")?.flows.map(({ source, destination }) => `${source}>${destination}`);
  expect(pairs).toEqual(["amf>nrf", "smf>udm"]);
});

test("nothing is written before the profiles could be read, which is tried again", async () => {
  const store = createMemoryProfileStore();
  store.failure = unavailable();
  const { bench } = await replica(store);
  await bench.learn({ "amf>nrf": 1000 });
  await bench.clock.advanceAsync(intervalMs);
  expect(store.writes).toBe(0);
  store.failure = undefined;
  await bench.clock.advanceAsync(5000);
  expect(store.writes).toBe(1);
});

test("a profile that cannot be read is left as it is", async () => {
  const store = createMemoryProfileStore();
  store.unreadable = [{ namespace: "core", field: "spec.flows[0].packets", reason: "unknown field" }];
  const { bench } = await replica(store);
  await bench.learn({ "amf>nrf": 1000 });
  await bench.clock.advanceAsync(3 * intervalMs);
  expect(store.writes).toBe(0);
});

test("a write that fails is counted, and tried again in the next interval", async () => {
  const { bench, store } = await replica();
  await bench.learn({ "amf>nrf": 1000 });
  store.failure = unavailable();
  await bench.clock.advanceAsync(intervalMs);
  expect(await bench.metric('weft_scheduler_profile_writes_total{outcome="failed"}')).toBe("1");
  store.failure = undefined;
  await bench.clock.advanceAsync(intervalMs);
  expect(store.profiles.get("core")?.flows).toMatchObject([{ source: "amf", destination: "nrf" }]);
});

test("a namespace of which nothing is left has an empty profile", async () => {
  const { bench, store } = await replica();
  await bench.learn({ "amf>nrf": 1000 });
  await bench.clock.advanceAsync(intervalMs);
  bench.clock.advance(30 * 86_400_000);
  await bench.learn({ "amf>nrf": 0 });
  await bench.clock.advanceAsync(intervalMs);
  expect(store.profiles.get("core")?.flows).toEqual([]);
});
