/** How often pods may be evicted. All of it follows from the plans' status, so a restart or another leader forgets nothing. */
import { evictedAtMs, type PlacementPlan } from "../../core/model/placement-plan.ts";
import { workloadKey } from "../../core/model/workload.ts";

/** A pod that was evicted for a plan, or is about to be. */
export interface PastEviction {
  /** Workload key. */
  readonly workload: string;
  readonly atMs: number;
}

export const budgetPeriodMs = 3_600_000;

export function pastEvictions(plans: readonly PlacementPlan[]): readonly PastEviction[] {
  return plans.flatMap(({ proposal, status }) =>
    status.moves.flatMap((move, index): PastEviction[] => {
      const [planned, atMs] = [proposal.moves[index], evictedAtMs(move)];
      return planned && atMs !== undefined ? [{ workload: workloadKey(planned.workload), atMs }] : [];
    }),
  );
}

/**
 * When the next pod may be evicted; undefined for now. Evictions that seem to lie ahead count like fresh ones: the clock has
 * stepped back, and it is better to wait than to make them all again.
 */
export function nextMoveAtMs(past: readonly PastEviction[], perHourMax: number, nowMs: number): number | undefined {
  const recent = past.map(({ atMs }) => atMs).filter((atMs) => atMs > nowMs - budgetPeriodMs);
  if (recent.length < perHourMax) return undefined;
  const lastToLeave = recent.sort((a, b) => a - b)[recent.length - perHourMax] ?? nowMs;
  return lastToLeave + budgetPeriodMs;
}

/** Until when the workload is left alone; undefined if it need not be. */
export function coolingUntilMs(
  past: readonly PastEviction[],
  workload: string,
  cooldownMs: number,
  nowMs: number,
): number | undefined {
  const last = past.reduce(
    (latest, each) => (each.workload === workload ? Math.max(latest, each.atMs) : latest),
    -Infinity,
  );
  return last + cooldownMs > nowMs ? last + cooldownMs : undefined;
}
