import { describe, expect, test } from "vitest";
import type { Pod } from "../../core/model/pod.ts";
import { livePod, type PodWords } from "../../test/builders/live-cluster.ts";
import { isMovable, youngest } from "./movable.ts";

const ready = (key: string, words: PodWords = {}): Pod => ({ ...livePod(key, { on: "a", ...words }), isReady: true });

const cases: { name: string; pod: Pod; may: boolean }[] = [
  { name: "a Deployment's", pod: ready("amf-1"), may: true },
  { name: "a bare ReplicaSet's", pod: ready("amf-1", { owner: "ReplicaSet/amf" }), may: true },
  { name: "a StatefulSet's", pod: ready("udr-0", { owner: "StatefulSet/udr" }), may: true },
  { name: "a DaemonSet's", pod: ready("log-1", { owner: "DaemonSet/log" }), may: false },
  { name: "a Job's", pod: ready("load-1", { owner: "Job/load" }), may: false },
  { name: "nobody's", pod: ready("solo-1", { owner: "" }), may: false },
  { name: "a kubelet's own", pod: ready("proxy-1", { owner: "Node/a" }), may: false },
  { name: "one that is not ready", pod: { ...ready("amf-1"), isReady: false }, may: false },
  { name: "one that stands nowhere", pod: { ...ready("amf-1"), node: undefined }, may: false },
  { name: "one on its way out", pod: ready("amf-1", { isLeaving: true }), may: false },
  { name: "one that has run to its end", pod: ready("amf-1", { phase: "Succeeded" }), may: false },
  { name: "one that says no", pod: ready("amf-1", { annotations: { "weft.dev/movable": "false" } }), may: false },
  { name: "one that says yes", pod: ready("amf-1", { annotations: { "weft.dev/movable": "true" } }), may: true },
  { name: "one of a namespace to be left alone", pod: ready("kube-system/dns-1"), may: false },
  { name: "one with data of its place", pod: ready("udr-0", { volumes: [{ name: "d", persistentVolumeClaim: {} }] }), may: false },
  { name: "one with scratch space", pod: ready("amf-1", { volumes: [{ name: "t", emptyDir: {} }] }), may: true },
]; // biome-ignore format: a line a case

describe("pods that may be moved:", () => {
  test.each(cases)("$name: $may", ({ pod, may }) => {
    expect(isMovable(pod, ["kube-system"])).toBe(may);
  });
});

test("the youngest pod goes first, of equals the first by name", () => {
  const pods = ["b", "c", "a"].map((name, at) => ({ ...ready(name), createdAtMs: [7, 5, 7][at] }));
  expect(youngest(pods)?.name).toBe("a");
  expect(youngest([])).toBeUndefined();
});
