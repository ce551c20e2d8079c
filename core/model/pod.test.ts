import { expect, test } from "vitest";
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
