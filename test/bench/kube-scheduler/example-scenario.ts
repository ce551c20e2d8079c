/** The 5G core of examples/5g-core as a placement scenario: what kube-scheduler has room for, and what the lab metered. */
import type { Placement } from "../../../core/model/placement.ts";
import type { PlacementScenario, PlannedPlacement, ScenarioService } from "../../../core/model/placement-scenario.ts";
import { podOf } from "../../../core/model/pod.ts";
import type { TrafficProfile } from "../../../core/model/traffic-profile.ts";
import { podObject } from "../../../lab/pod-object.ts";
import type { Deployment } from "../../../platform/schema/deployment.ts";
import { exampleWorld } from "./five-g-slices.ts";

/** Pods that a node takes, whatever they ask for: what the nodes of the benchmark say. */
const podsOfNodeMax = 110;

export function exampleScenario({ flows }: TrafficProfile): PlacementScenario {
  return {
    name: "examples/5g-core",
    resources: ["cpuMillis", "memoryBytes", "pods"],
    nodes: exampleWorld.nodes.map(({ name, allocatable }) => ({
      name,
      capacity: [allocatable.cpuMillis, allocatable.memoryBytes, podsOfNodeMax],
    })),
    services: exampleWorld.deployments.map(serviceOf),
    traffic: flows.map(({ source, destination, requestBytesPerSecond, responseBytesPerSecond }) => ({
      from: source,
      to: destination,
      weight: requestBytesPerSecond + responseBytesPerSecond,
    })),
  };
}

function serviceOf(deployment: Deployment): ScenarioService {
  const { cpuMillis, memoryBytes } = podOf(podObject(deployment, 0, 0)).requests;
  return {
    name: deployment.name,
    replicas: deployment.replicas,
    request: [cpuMillis, memoryBytes, 1],
    nodes: undefined,
    perNodeMax: undefined,
    initial: new Map(),
    pinned: new Map(),
  };
}

/** The scenario's placement of what stands in one namespace. */
export function plannedOf(placement: Placement, namespace: string): PlannedPlacement {
  const names = exampleWorld.deployments.map(({ name }) => name);
  return new Map(
    names.map((name) => {
      const counts = new Map<string, number>();
      for (const { node } of placement.get(`${namespace}/${name}`) ?? []) counts.set(node, (counts.get(node) ?? 0) + 1);
      return [name, counts];
    }),
  );
}
