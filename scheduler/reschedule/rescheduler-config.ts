import { z } from "zod";
import { planMovesLimit } from "../../core/model/placement-plan.ts";

const durationMs = z.int().min(1).max(86_400_000);
const part = (fallback: number, meaning: string) => z.number().min(0).max(1).default(fallback).describe(meaning);

const rescheduleModes = ["off", "propose", "auto"] as const;

export const reschedulerConfigSchema = z.strictObject({
  mode: z
    .enum(rescheduleModes)
    .default("off")
    .describe("`propose` writes PlacementPlan objects and waits for `spec.approved`; `auto` approves them itself."),
  intervalMs: durationMs.default(60_000).describe("Time between two searches for moves that are worth making."),
  windowMs: durationMs
    .default(600_000)
    .describe("Moves are proposed when they have been worth making at every search for so long."),
  gainMin: part(0.05, "What a plan has to save, as a part of the cost of all traffic."),
  moveCost: z
    .number()
    .min(0)
    .max(1e15)
    .default(10_000)
    .describe(
      "What each move of it has to save on average, in bytes per second times their cost: a pod is restarted for it.",
    ),
  moveCostPart: part(0.001, "The same as a part of the cost of all traffic; the larger of the two counts."),
  dipMax: part(0, "By how much traffic may cost more between two moves than before the plan, as a part of that."),
  betterBy: part(0.25, "A plan that nobody has approved yet gives way to one that saves more by this part."),
  movesMax: z.int().min(1).max(planMovesLimit).default(10).describe("Moves in one plan."),
  movesPerHourMax: z.int().min(1).max(10_000).default(12).describe("Pods evicted within an hour, by all plans."),
  cooldownMs: durationMs
    .default(300_000)
    .describe("So long a workload is left alone after one of its pods was evicted."),
  replicasMin: z
    .int()
    .min(1)
    .max(10_000)
    .default(2)
    .describe("Workloads with fewer pods stay where they are, as nothing would answer in the meantime."),
  unmovedNamespaces: z
    .array(z.string().min(1).max(63))
    .max(1_000)
    .default(["kube-system"])
    .describe("Namespaces whose pods are never evicted."),
  evictionMsMax: durationMs
    .default(300_000)
    .describe("A pod whose eviction is not allowed for so long, as by its disruption budget, stays."),
  replacementMsMax: durationMs
    .default(300_000)
    .describe("A plan ends if the replacement of an evicted pod is not ready after so long."),
  settleMs: durationMs
    .default(30_000)
    .describe(
      "So long flows are measured after a replacement is ready, before it is asked whether the move has helped.",
    ),
  plansKept: z.int().min(0).max(1_000).default(10).describe("Plans kept that are over; older ones are deleted."),
  searchStepsMax: z
    .int()
    .min(1)
    .max(1_000_000_000)
    .default(2_000_000)
    .describe("Steps of one search; it runs in a thread of its own."),
  searchMsMax: durationMs.default(10_000).describe("A search that takes longer ends with the best it has."),
});
