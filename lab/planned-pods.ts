/** The pods of one placement before they run: whose they are, where they stand, which address they have. */
import { present } from "../core/model/invariant.ts";
import { type Pod, type PodObject, podOf } from "../core/model/pod.ts";
import { selects } from "../core/model/service.ts";
import type { Deployment } from "../platform/schema/deployment.ts";
import { podAddress } from "./address-plan.ts";
import { podObject } from "./pod-object.ts";
import { type PlacedPod, type SchedulingContext, schedule } from "./stand-in-scheduler.ts";
import type { World } from "./world.ts";

export interface PlannedPod {
  readonly object: PodObject;
  readonly deployment: Deployment;
  /** The same for every placement. */
  readonly replica: string;
}

export interface StandingPod extends PlannedPod {
  readonly node: string;
  /** Of all pods that the lab starts; its address follows from it. */
  readonly index: number;
  /** With its node and address; not ready. */
  readonly pod: Pod;
}

export function plannedPods(deployment: Deployment, generation: number): readonly PlannedPod[] {
  return Array.from({ length: deployment.replicas }, (_, index) => plannedPod(deployment, generation, index));
}

/** The `index`-th replica. */
export function plannedPod(deployment: Deployment, generation: number, index: number): PlannedPod {
  const { namespace, name } = deployment;
  return {
    object: podObject(deployment, generation, index),
    deployment,
    replica: namespace === "default" ? `${name}/${index}` : `${namespace}/${name}/${index}`,
  };
}

/** Schedules them, one after the other. @throws WeftError limit-reached, upstream-failed */
export async function standingPods(
  planned: readonly PlannedPod[],
  firstIndex: number,
  context: SchedulingContext,
): Promise<readonly StandingPod[]> {
  const objects = planned.map(({ object }) => object);
  const placed = await schedule(objects, context);
  return placed.map((each, at) => standing(present(planned[at], "planned pod"), each, firstIndex + at));
}

function standing(planned: PlannedPod, { object, node }: PlacedPod, index: number): StandingPod {
  const status = { phase: "Running", podIP: podAddress(index) };
  return { ...planned, node, index, pod: podOf({ ...object, spec: { ...object.spec, nodeName: node }, status }) };
}

/** The first pod of every Service, as cluster DNS would answer for a headless one. */
export function hostsOf(world: World, pods: readonly Pod[]): ReadonlyMap<string, string> {
  const found = world.services.flatMap(({ name, namespace, selector }) => {
    const pod = pods.find((candidate) => candidate.namespace === namespace && selects(selector, candidate.labels));
    return pod?.address ? [[name, pod.address] as const] : [];
  });
  return new Map(found);
}
