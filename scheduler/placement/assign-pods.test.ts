import { expect, test } from "vitest";
import { liveNode, livePod } from "../../test/builders/live-cluster.ts";
import { placementOfWords } from "../../test/builders/placement-scenario.ts";
import { assignPods } from "./assign-pods.ts";
import { clusterScenario } from "./cluster-scenario.ts";

const pending = ["upf-c", "upf-a", "upf-b"].map((name) => livePod(name));
const held = livePod("upf-d", { resourceClaims: [{}] });
const scenario = clusterScenario({
  name: "live",
  nodes: ["n1", "n2", "n3"].map((name) => liveNode(name)),
  pods: [livePod("upf-x", { on: "n1" }), livePod("upf-y", { on: "n1" })],
  pending: [...pending, held],
  isMovable: () => true,
  traffic: [],
});

test("pods take, by name, the places that are new; what is not planned takes none", () => {
  const placement = placementOfWords({ "core/upf": { n1: 3, n3: 2 } });
  expect([...assignPods(scenario, placement, [...pending, held])]).toEqual([
    ["core/upf-a", "n1"],
    ["core/upf-b", "n3"],
    ["core/upf-c", "n3"],
  ]);
});

test("places that are left over are for pods that move", () => {
  const placement = placementOfWords({ "core/upf": { n2: 2, n3: 3 } });
  expect([...assignPods(scenario, placement, pending).values()]).toEqual(["n2", "n2", "n3"]);
});
