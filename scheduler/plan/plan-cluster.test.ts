import { expect, test } from "vitest";
import { liveNode, livePod } from "../../test/builders/live-cluster.ts";
import type { ClusterScenarioInput } from "../placement/cluster-scenario.ts";
import { planCluster } from "./plan-cluster.ts";

const search = { seconds: 0.05, seed: 1 };

function inputOf(pods: ClusterScenarioInput["pods"]): ClusterScenarioInput {
  return {
    name: "live",
    nodes: [liveNode("n1", { cpu: 3 }), liveNode("n2", { cpu: 2 })],
    pods,
    pending: pods.filter(({ node }) => node === undefined),
    isMovable: () => false,
    traffic: [{ source: "core/smf", destination: "core/upf", bytesPerSecond: 9 }],
  };
}

test("pending pods have nodes near those they talk to", () => {
  const answer = planCluster(inputOf([livePod("smf-0", { on: "n2" }), livePod("upf-0")]), search);
  expect(answer).toMatchObject({ gainedAffinity: 1, pods: { "core/upf-0": "n2" }, unplanned: {}, remarks: [] });
});

test("pods without room beside the others are left to kube-scheduler", () => {
  const pods = [livePod("smf-0"), livePod("upf-0", { cpu: 2 }), livePod("big-0", { cpu: 3 })];
  const answer = planCluster(inputOf(pods), search);
  expect(Object.keys(answer.pods).length + Object.keys(answer.unplanned).length).toBe(3);
  expect(Object.values(answer.unplanned)).toEqual(["no room was found beside the others"]);
  expect(answer.remarks.join()).toMatch(
    /^left to kube-scheduler, as no room was found beside the others: core\/\w+-0$/,
  );
  expect(Object.keys(answer.pods)).toHaveLength(2);
});

test("what cannot be planned is said", () => {
  const held = livePod("db-0", { volumes: [{ persistentVolumeClaim: {} }] });
  const answer = planCluster(inputOf([livePod("upf-0"), held]), search);
  expect(answer.unplanned).toEqual({ "core/db-0": "has a volume of the kind persistentVolumeClaim" });
});

test("a cluster without anything to plan is refused", () => {
  expect(() => planCluster(inputOf([]), search)).toThrow("no pods that a plan could be about");
});
