/** PlacementPlan objects, whose status is written over the version only that it was worked out from. */
import type { Parsed } from "../../core/model/parsed.ts";
import type { PlacementPlan, PlanStatus } from "../../core/model/placement-plan.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import type { NewPlan, PlanWriter } from "../../core/ports/plan-writer.ts";
import { bodyOf } from "./api-failure.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";
import { weftApiVersion, weftPath } from "./weft-resources.ts";

/** How plans' objects look; the composition root takes them from platform/schema. */
export interface PlanEncoding {
  /** What goes under `spec`. */
  encodePlanSpec(plan: NewPlan): object;
  /** What goes under `status`. */
  encodePlanStatus(status: PlanStatus): object;
  /** Reads a whole object. */
  parsePlan(object: unknown): Parsed<PlacementPlan>;
}

export interface PlanWriterOptions {
  readonly client: KubernetesClient;
  readonly encoding: PlanEncoding;
}

const kind = { apiVersion: weftApiVersion, kind: "PlacementPlan" };

export function createPlanWriter({ client, encoding }: PlanWriterOptions): PlanWriter {
  function planOf(what: string, body: unknown): PlacementPlan {
    const parsed = encoding.parsePlan(body);
    if (parsed.kind === "parsed") return parsed.value;
    throw new WeftError("manifest-invalid", `${what}: ${parsed.field}: ${parsed.reason}`);
  }

  return {
    async createPlan(plan) {
      const { namespace } = plan;
      const what = `create a plan in ${namespace}`;
      const body = { ...kind, metadata: { namespace, generateName: "plan-" }, spec: encoding.encodePlanSpec(plan) };
      const answer = await client.request({ method: "POST", path: weftPath("placementPlans", namespace), body });
      return planOf(what, bodyOf(what, answer));
    },

    async updatePlanStatus({ namespace, name, uid, version }, status) {
      const what = `write the status of plan ${namespace}/${name}`;
      // With a resource version the API server refuses to write over any other.
      const metadata = { namespace, name, uid, resourceVersion: version };
      const body = { ...kind, metadata, status: encoding.encodePlanStatus(status) };
      const path = `${weftPath("placementPlans", namespace, name)}/status`;
      return planOf(what, bodyOf(what, await client.request({ method: "PUT", path, body })));
    },

    async deletePlan({ namespace, name, uid }) {
      const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
      const path = weftPath("placementPlans", namespace, name);
      const answer = await client.request({ method: "DELETE", path, body });
      // 409 is what another plan of the same name answers.
      if (answer.statusCode !== 404 && answer.statusCode !== 409) bodyOf(`delete plan ${namespace}/${name}`, answer);
    },
  };
}
