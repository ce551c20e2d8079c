/** Opens legs of HTTP/1.1 within the limits of their Service: requests wait for them. */
import type { LegResult } from "../steer/leg.ts";
import { pendingAnswer } from "./limit-answers.ts";
import type { ServiceGuard } from "./service-guard.ts";

export async function openGuarded(guard: ServiceGuard | undefined, open: () => Promise<LegResult>): Promise<LegResult> {
  if (guard === undefined) return open();
  const { occupancy } = guard;
  if (!occupancy.hasPendingRoom)
    return { kind: "failed", by: guard.limit("max_pending_requests"), reason: pendingAnswer(guard).reason };
  occupancy.pendingCount++;
  try {
    return await open();
  } finally {
    occupancy.pendingCount--;
  }
}
