import { expect, test } from "vitest";
import type { ServiceFunctionChain } from "../../core/model/chain.ts";
import { chain, meshCluster, meshPod } from "../../test/builders/mesh-cluster.ts";
import { chainConflicts } from "./chain-conflicts.ts";
import { clusterStateOf } from "./cluster-state.ts";

const pods = [meshPod("ue-0", "n1"), meshPod("gnb-0", "n2", "dn=15010")];
const to = { service: "dn", port: 80 };
const from = { app: "ue" };
const get = { http: { methods: ["GET"] } };

function conflictsOf(...chains: readonly ServiceFunctionChain[]) {
  return Object.fromEntries(chainConflicts(clusterStateOf(meshCluster({ pods, chains }))));
}

test("two chains of one priority that can mean the same traffic both say so, and who goes first", () => {
  const conflicts = conflictsOf(chain("all", ["fw"]), chain("get", ["fw"], { classifier: { from, to, match: get } }));
  expect(conflicts).toEqual({
    "core/all": "get of the same priority 0 can mean the same traffic to dn:80: get goes first",
    "core/get": "all of the same priority 0 can mean the same traffic to dn:80: get goes first",
  });
});

const apart: readonly { readonly name: string; readonly change: Partial<ServiceFunctionChain> }[] = [
  { name: "another priority", change: { priority: 1 } },
  { name: "another namespace", change: { namespace: "edge" } },
  { name: "other pods", change: { classifier: { from: { app: "gnb" }, to } } },
  { name: "another port", change: { classifier: { from, to: { service: "dn", port: 81 } } } },
];
test.each(apart)("a chain with $name is no rival", ({ change }) => {
  expect(conflictsOf(chain("a", ["fw"]), chain("b", ["fw"], change))).toEqual({});
});

test("without a label, pods that declare upstreams are meant", () => {
  const block = chain("block", ["fw"], { classifier: { from: {}, to, match: { sources: ["10.0.0.0/8"] } } });
  expect(conflictsOf(chain("a", ["fw"]), block)).toEqual({});
  expect(
    Object.keys(conflictsOf(chain("a", ["fw"], { classifier: { from: { app: "gnb" }, to } }), block)),
  ).toHaveLength(2);
});
