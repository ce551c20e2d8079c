import { expect, test } from "vitest";
import { ReplicaCounts } from "../../core/model/replica-counts.ts";
import { Topology } from "../../core/model/topology.ts";
import { AssumedPods } from "./assumed-pods.ts";
import { withAssumed } from "./with-assumed.ts";

const ttlMs = 1000;
const newMemory = (podsMax = 10) => new AssumedPods({ ttlMs, podsMax });
const pod = (name: string, node: string) => {
  return { namespace: "core", name, uid: name, workload: "core/amf", node, isSeen: false };
};

test("an assumed pod stands on its node until its time is over", () => {
  const assumed = newMemory();
  assumed.assume(pod("amf-0", "a"), 0);
  assumed.expire(ttlMs - 1);
  expect(assumed.nodesOf("core/amf")).toEqual(["a"]);
  assumed.expire(ttlMs);
  expect([assumed.nodesOf("core/amf"), assumed.size]).toEqual([[], 0]);
});

test("a pod that is asked about again is assumed in one place, for its whole time", () => {
  const assumed = newMemory();
  assumed.assume(pod("amf-0", "a"), 0);
  assumed.assume(pod("amf-0", "b"), 500);
  assumed.expire(ttlMs);
  expect(assumed.nodesOf("core/amf")).toEqual(["b"]);
});

test("pods of which the truth is known are forgotten", () => {
  const assumed = newMemory();
  assumed.assume(pod("amf-0", "a"), 0);
  assumed.assume(pod("amf-1", "b"), 0);
  assumed.settle((key) => (key === "core/amf-0" ? "known" : "waiting"));
  expect(assumed.nodesOf("core/amf")).toEqual(["b"]);
});

test("a pod that was there and is gone stands nowhere, and one that has not come yet is waited for", () => {
  const assumed = newMemory();
  assumed.assume(pod("amf-0", "a"), 0);
  assumed.settle(() => "absent");
  expect(assumed.nodesOf("core/amf")).toEqual(["a"]);
  assumed.settle(() => "waiting");
  assumed.settle(() => "absent");
  expect(assumed.size).toBe(0);
  assumed.assume({ ...pod("amf-1", "b"), isSeen: true }, 0);
  assumed.settle(() => "absent");
  expect(assumed.size).toBe(0);
});

test("over the limit the oldest is forgotten", () => {
  const assumed = newMemory(2);
  for (const [index, node] of ["a", "b", "c"].entries()) assumed.assume(pod(`amf-${index}`, node), index);
  expect(assumed.nodesOf("core/amf")).toEqual(["b", "c"]);
});

test("a clock that steps back keeps no assumption longer, and holds none of the later ones up", () => {
  const assumed = newMemory();
  assumed.assume(pod("amf-0", "a"), 100_000);
  assumed.assume(pod("amf-1", "b"), 100_400);
  assumed.assume(pod("amf-2", "c"), 500);
  assumed.expire(500 + ttlMs - 401);
  expect(assumed.nodesOf("core/amf")).toEqual(["a", "b", "c"]);
  assumed.expire(500 + ttlMs - 400);
  expect(assumed.nodesOf("core/amf")).toEqual(["b", "c"]);
  assumed.expire(500 + ttlMs);
  expect(assumed.size).toBe(0);
});

test("every change grows the version, and nothing else does", () => {
  const assumed = newMemory();
  const versions = [assumed.version];
  for (const change of [
    () => assumed.forget("core/ghost"),
    () => assumed.assume(pod("amf-0", "a"), 0),
    () => assumed.expire(0),
    () => assumed.forget("core/amf-0"),
  ]) {
    change();
    versions.push(assumed.version);
  }
  expect(versions).toEqual([0, 0, 1, 1, 2]);
});

test("assumed pods add to replicas, but not on nodes that are not there", () => {
  const replicas = new ReplicaCounts(new Topology([{ node: "a" }, { node: "b" }]), new Map([["a", 1]]));
  expect([...withAssumed(replicas, ["a", "b", "gone"]).entries()]).toEqual([["a", 2], ["b", 1]]); // biome-ignore format: pairs
  expect(withAssumed(replicas, ["gone"])).toBe(replicas);
});
