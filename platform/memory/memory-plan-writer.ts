/** What the API server does with plans, without the API server. */
import { type PlacementPlan, untouchedStatus } from "../../core/model/placement-plan.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import type { KeyedCollection } from "../../core/ports/keyed-collection.ts";
import type { PlanWriter } from "../../core/ports/plan-writer.ts";

/** @param nowMs when plans are created */
export function createMemoryPlanWriter(plans: KeyedCollection<PlacementPlan>, nowMs: () => number): PlanWriter {
  let written = 0;
  return {
    async createPlan({ namespace, isApproved, proposal }) {
      written += 1;
      const name = `plan-${written}`;
      const head = { namespace, name, uid: `uid-of-${name}`, generation: 1, version: `${written}` };
      const plan = { ...head, createdAtMs: nowMs(), isApproved, proposal, status: untouchedStatus };
      plans.put(plan);
      return plan;
    },
    async updatePlanStatus({ namespace, name, uid, version }, status) {
      const current = plans.get(`${namespace}/${name}`);
      if (current?.uid !== uid || current.version !== version)
        throw new WeftError("kubernetes-conflict", `plan ${namespace}/${name} has changed since version ${version}`);
      written += 1;
      const plan = { ...current, version: `${written}`, status };
      plans.put(plan);
      return plan;
    },
    async deletePlan({ namespace, name, uid }) {
      const key = `${namespace}/${name}`;
      if (plans.get(key)?.uid === uid) plans.delete(key);
    },
  };
}
