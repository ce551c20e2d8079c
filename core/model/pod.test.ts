import { expect, test } from "vitest";
import { ConstraintPool } from "./constraint-pool.ts";
import { podOf } from "./pod.ts";

test("a pod of a ReplicaSet belongs to the Deployment behind it", () => {
  const pod = podOf({
    metadata: {
      namespace: "core",
      name: "amf-5d4f-x1",
      labels: { "pod-template-hash": "5d4f" },
      ownerReferences: [{ kind: "ReplicaSet", name: "amf-5d4f", controller: true }],
    },
  });
  expect(pod.workload).toEqual({ namespace: "core", kind: "Deployment", name: "amf" });
});

test("a ReplicaSet that no Deployment made is its own workload", () => {
  const metadata = { namespace: "core", name: "a-x1", ownerReferences: [{ kind: "ReplicaSet", name: "a" }] };
  expect(podOf({ metadata }).workload).toEqual({ namespace: "core", kind: "ReplicaSet", name: "a" });
});

test("a pod that nothing owns is its own workload", () => {
  expect(podOf({ metadata: { name: "solo" } }).workload).toEqual({ namespace: "default", kind: "Pod", name: "solo" });
});

test("an empty object is a pod without node, address or readiness", () => {
  expect(podOf({})).toMatchObject({ node: undefined, address: undefined, isReady: false, isFinished: false });
});

test("a pod has the age that the API server gives it, and none before it does", () => {
  expect(podOf({ metadata: { creationTimestamp: "2030-01-01T00:00:07Z" } }).createdAtMs).toBe(
    Date.UTC(2030, 0, 1, 0, 0, 7),
  );
  for (const creationTimestamp of [undefined, null, "soon"])
    expect(podOf({ metadata: { creationTimestamp } }).createdAtMs).toBeUndefined();
});

test("pods that ask for the same share it", () => {
  const pool = new ConstraintPool();
  const [a, b, c] = ["ssd", "ssd", "hdd"].map((disk) => pool.sharing(podOf({ spec: { nodeSelector: { disk } } })));
  expect(a?.constraints).toBe(b?.constraints);
  expect(c?.constraints).toEqual({ nodeSelector: { disk: "hdd" } });
});
