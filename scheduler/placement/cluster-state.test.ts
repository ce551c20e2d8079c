import fc from "fast-check";
import { expect, test } from "vitest";
import { type ClusterNode, clusterNodeOf } from "../../core/model/cluster-node.ts";
import type { Pod } from "../../core/model/pod.ts";
import { meshNode, meshPod } from "../../test/builders/mesh-cluster.ts";
import { ClusterState } from "./cluster-state.ts";

const nodes = [meshNode("a", "1"), meshNode("b", "1")];

function stateOf(pods: readonly Pod[], of: readonly ClusterNode[] = nodes): ClusterState {
  const state = new ClusterState();
  state.setNodes(of);
  state.setPods(pods);
  return state;
}

const countsOf = (state: ClusterState, workload = "core/amf") =>
  Object.fromEntries(state.replicasOf(workload).entries());

test("replicas are counted by workload and node", () => {
  const state = stateOf([meshPod("amf-0", "a"), meshPod("amf-1", "a"), meshPod("amf-2", "b"), meshPod("nrf-0", "b")]);
  expect(countsOf(state)).toEqual({ a: 2, b: 1 });
  expect(countsOf(state, "core/nrf")).toEqual({ b: 1 });
});

const absent = [
  { name: "a pending pod", change: { node: undefined } },
  { name: "a pod that is ending", change: { isTerminating: true } },
  { name: "a pod that has ended", change: { isFinished: true } },
];

test.each(absent)("$name stands nowhere", ({ change }) => {
  expect(countsOf(stateOf([meshPod("amf-0", "a", "", change)]))).toEqual({});
});

test("a workload that nobody knows has no replicas", () => {
  expect(stateOf([]).replicasOf("core/ghost").total).toBe(0);
});

test("a pod that moved counts only where it is now", () => {
  const state = stateOf([meshPod("amf-0", "a")]);
  state.setPods([meshPod("amf-0", "b")]);
  expect(countsOf(state)).toEqual({ b: 1 });
});

test("a node that only a pod names is a node without labels", () => {
  const state = stateOf([meshPod("amf-0", "new")]);
  expect(state.topology.places.map(({ node }) => node)).toEqual(["a", "b", "new"]);
  expect(state.replicasOf("core/amf").at("node").groups).toEqual(Int32Array.of(2));
});

test("nodes that say the same again change nothing", () => {
  const state = stateOf([meshPod("amf-0", "a")]);
  const { topology, version } = state;
  state.setNodes([meshNode("a", "1"), meshNode("b", "1")]);
  expect(state.topology).toBe(topology);
  expect(state.version).toBe(version);
});

test("a node that changes its zone makes new groups", () => {
  const state = stateOf([meshPod("amf-0", "b")]);
  const before = state.replicasOf("core/amf");
  state.setNodes([meshNode("a", "1"), clusterNodeOf({ metadata: { name: "b" } })]);
  expect(state.replicasOf("core/amf")).not.toBe(before);
  expect(state.topology.grouping("zone").count).toBe(2);
});

test("after any sequence of lists the counts are those of the last one", () => {
  const anyPod = fc.record({
    index: fc.nat(5),
    node: fc.constantFrom(undefined, "a", "b", "c"),
    isTerminating: fc.boolean(),
  });
  const pool = new Map<string, Pod>();
  const podOf = ({
    index,
    node,
    isTerminating,
  }: {
    index: number;
    node: string | undefined;
    isTerminating: boolean;
  }) => {
    const key = `${index}/${node}/${isTerminating}`;
    const pod = pool.get(key) ?? meshPod(`${index % 2 ? "amf" : "nrf"}-${index}`, "", "", { node, isTerminating });
    pool.set(key, pod);
    return pod;
  };
  const list = fc.uniqueArray(anyPod, { selector: ({ index }) => index });
  fc.assert(
    fc.property(fc.array(list, { minLength: 1 }), (lists) => {
      const state = stateOf([]);
      for (const pods of lists) state.setPods(pods.map(podOf));
      const fresh = stateOf((lists.at(-1) ?? []).map(podOf));
      for (const workload of ["core/amf", "core/nrf"])
        expect(countsOf(state, workload)).toEqual(countsOf(fresh, workload));
    }),
  );
});
