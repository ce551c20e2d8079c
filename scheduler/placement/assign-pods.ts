/** The way back from counts to pods. */
import type { PlannedPlacement } from "../../core/model/placement-scenario.ts";
import { type Pod, podKey } from "../../core/model/pod.ts";
import { workloadKey } from "../../core/model/workload.ts";
import type { ClusterScenario } from "./cluster-scenario.ts";

/**
 * A node for each pending pod that was planned, by pod key. A workload's pods, by name, take the places that are new to it, in
 * the order of the nodes; places that are left over are for pods that move. The same placement gives the same answer.
 *
 * @param placement a plan of the scenario.
 * @param pending those that the scenario was made with.
 */
export function assignPods(
  { scenario, unplanned }: ClusterScenario,
  placement: PlannedPlacement,
  pending: readonly Pod[],
): ReadonlyMap<string, string> {
  const places = new Map(scenario.services.map(({ name, initial }) => [name, newPlaces(name, initial)]));
  const byName = [...pending].sort((a, b) => (podKey(a) < podKey(b) ? -1 : 1));
  const assigned = new Map<string, string>();
  for (const pod of byName) {
    if (unplanned.has(podKey(pod))) continue;
    const node = places.get(workloadKey(pod.workload))?.next();
    if (node && !node.done) assigned.set(podKey(pod), node.value);
  }
  return assigned;

  function* newPlaces(service: string, initial: ReadonlyMap<string, number>): Generator<string, undefined> {
    for (const { name } of scenario.nodes) {
      const arrived = (placement.get(service)?.get(name) ?? 0) - (initial.get(name) ?? 0);
      for (let place = 0; place < arrived; place++) yield name;
    }
    return undefined;
  }
}
