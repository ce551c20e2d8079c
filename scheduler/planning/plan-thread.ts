/** The plan worker's own thread: takes one order after another, and answers each. */
import { parentPort } from "node:worker_threads";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import { planOnce } from "./plan-once.ts";
import type { PlanOrder, PlanResult } from "./plan-runner.ts";

export interface PlanJob {
  readonly scenario: PlacementScenario;
  readonly order: PlanOrder;
}

/** Errors lose their class on the way between threads, so only their words go. */
export type PlanReply =
  | { readonly kind: "done"; readonly outcome: PlanResult }
  | { readonly kind: "failed"; readonly reason: string };

parentPort?.on("message", (job: PlanJob) => parentPort?.postMessage(replyTo(job)));

function replyTo({ scenario, order }: PlanJob): PlanReply {
  try {
    return { kind: "done", outcome: planOnce(scenario, order) };
  } catch (error) {
    return { kind: "failed", reason: messageOf(error) };
  }
}
