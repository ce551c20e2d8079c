import { z } from "zod";
import type { Parsed } from "../../core/model/parsed.ts";
import { type PlacementPlan, planMovesLimit, untouchedStatus } from "../../core/model/placement-plan.ts";
import type { NewPlan } from "../../core/ports/plan-writer.ts";
import { parseWith } from "./parse-with.ts";
import { placementPlanStatus, planStatusOf } from "./placement-plan-status.ts";
import { resourceObject } from "./resource-object.ts";
import { ruled } from "./ruled.ts";
import { objectName } from "./scalars.ts";

const cost = z.number().meta({ format: "double" });

const move = z.strictObject({
  workload: z
    .strictObject({ namespace: objectName.describe("Its namespace."), name: objectName.describe("Its name.") })
    .describe("One of whose replicas moves; which pod that is gets chosen when it is time."),
  from: objectName.describe("The node that it leaves."),
  to: objectName.describe("The node where its replacement is to go."),
  gain: cost.describe("What it saves after the moves before it; below 0 where it only makes others possible."),
});

const rules = [
  {
    cel: [
      "self.moves == oldSelf.moves",
      "self.moveCount == oldSelf.moveCount",
      "self.gain == oldSelf.gain",
      "self.gainShare == oldSelf.gainShare",
      "self.costBefore == oldSelf.costBefore",
      "self.costAfter == oldSelf.costAfter",
      "self.flowsAgeMs == oldSelf.flowsAgeMs",
    ].join(" && "),
    message: "a plan is never edited but for approved: other moves are another plan",
  },
  {
    cel: "self.moveCount == size(self.moves)",
    message: "moveCount must be the number of moves",
    holds: ({ moveCount, moves }: { moveCount: number; moves: readonly unknown[] }) => moveCount === moves.length,
  },
];

export const placementPlanSpec = ruled(
  z.strictObject({
    approved: z.boolean().default(false).describe("Whether the moves may be made; yours to set, and to take back."),
    moveCount: z.int().min(1).max(planMovesLimit).meta({ format: "int32" }).describe("How many moves there are."),
    moves: z
      .array(move)
      .min(1)
      .max(planMovesLimit)
      .meta({ "x-kubernetes-list-type": "atomic" })
      .describe("Made in this order, one at a time."),
    gain: cost.describe("What all moves together save: bytes per second times the cost of the ways they go."),
    gainShare: cost.describe("The same as a part of the cost before."),
    costBefore: cost.describe("Cost of all traffic as pods stood when the plan was made."),
    costAfter: cost.describe("Cost of all traffic after the moves."),
    flowsAgeMs: z.number().min(0).meta({ format: "double" }).describe("How old the flows were that it goes by."),
  }),
  ...rules,
);

const schema = resourceObject("PlacementPlan", placementPlanSpec)
  .extend({ status: placementPlanStatus.optional() })
  .transform(
    ({ metadata, spec: { approved, moveCount: _, gainShare: __, ...proposal }, status }): PlacementPlan => ({
      namespace: metadata.namespace,
      name: metadata.name,
      uid: metadata.uid,
      generation: metadata.generation,
      version: metadata.resourceVersion,
      createdAtMs: Date.parse(metadata.creationTimestamp ?? "") || 0,
      isApproved: approved,
      proposal,
      status: status ? planStatusOf(status) : untouchedStatus,
    }),
  );

/** The status is read too: it is what a next leader goes on from. */
export function parsePlacementPlan(object: unknown): Parsed<PlacementPlan> {
  return parseWith(schema, object);
}

/** What goes under `spec` of a new plan. */
export function placementPlanSpecObject({ isApproved, proposal }: NewPlan): z.input<typeof placementPlanSpec> {
  const { moves, gain, costBefore } = proposal;
  return {
    approved: isApproved,
    moveCount: moves.length,
    ...proposal,
    moves: moves.map((each) => ({ ...each, workload: { ...each.workload } })),
    gainShare: costBefore > 0 ? Number((gain / costBefore).toFixed(4)) : 0,
  };
}
