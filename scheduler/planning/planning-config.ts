import { z } from "zod";
import { groupSizeLimit } from "../../core/model/placement-group.ts";

const durationMs = z.int().min(1).max(86_400_000);
const podsMax = z.int().min(2).max(groupSizeLimit);

export const groupPlanConfigSchema = z.strictObject({
  isEnabled: z
    .boolean()
    .default(true)
    .describe("Plan pods together that are pending together, and score by the plan; by the plugin `locality` alone."),
  isFiltering: z
    .boolean()
    .default(false)
    .describe("Filter out all but the planned node; kube-scheduler has to ask `/filter` for that."),
  quietMs: durationMs.default(10).describe("Pending pods are planned when no other has come for so long."),
  waitMsMax: durationMs.default(1_000).describe("They are planned after so long whoever comes."),
  podsMax: podsMax.default(2_000).describe("Pods in one plan; more are planned one group after another."),
  ttlMs: durationMs
    .default(60_000)
    .describe("So long a plan counts, and pods that have been pending longer are in none."),
  stepsMax: z
    .int()
    .min(0)
    .max(100_000_000)
    .default(200_000)
    .describe("Steps of the search for one plan. Small groups take fewer."),
  planMsMax: durationMs
    .default(2_000)
    .describe("A search that takes longer ends with the best it has; replicas may then have different plans."),
});

export const gatesConfigSchema = z.strictObject({
  isEnabled: z
    .boolean()
    .default(true)
    .describe("Plan pods that have the scheduling gate `weft.dev/placement`, and let them go. Others are not touched."),
  quietMs: durationMs
    .default(250)
    .describe("A group is whole when no other pod has come for so long, unless it says its size."),
  waitMsMax: durationMs.default(10_000).describe("No pod is held longer than so, whatever happens."),
  podsMax: podsMax.default(5_000).describe("Pods in one plan; what is more goes without."),
  concurrency: z.int().min(1).max(256).default(32).describe("Pods that are let go at one time."),
});
