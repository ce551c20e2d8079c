import { expect, test } from "vitest";
import { clusterNodeOf } from "../../core/model/cluster-node.ts";
import { podOf } from "../../core/model/pod.ts";
import { clusterScenario } from "../../scheduler/placement/cluster-scenario.ts";
import { randomLiveCluster } from "../../test/builders/random-live-cluster.ts";
import { parsePlacementScenario } from "./placement-scenario.ts";
import { placementScenarioFile } from "./placement-scenario-file.ts";

const SEEDS = 200;

test("the file of any cluster's scenario is read as that scenario", () => {
  let withDomains = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { nodes, bound, pending, traffic } = randomLiveCluster(seed);
    const waiting = pending.map((object) => podOf(object));
    const { scenario } = clusterScenario({
      ...{ name: `live-${seed}`, traffic, isMovable: () => seed % 2 === 0 },
      nodes: nodes.map((object) => clusterNodeOf(object)),
      pods: [...bound.map((object) => podOf(object)), ...waiting],
      pending: waiting,
    });
    if (scenario.services.length === 0) continue;
    if (scenario.domains) withDomains++;
    const read = parsePlacementScenario(JSON.parse(JSON.stringify(placementScenarioFile(scenario))));
    // Where pending pods ask for more than all nodes have together, or than domains have, a file is refused as the planner would refuse it.
    if (read.kind === "rejected")
      expect(read.reason, `seed ${seed}`).toMatch(/all replicas need|domains of their own|spread so evenly/);
    else expect(read.value, `seed ${seed}`).toEqual(scenario);
  }
  expect(withDomains).toBeGreaterThan(0);
});
