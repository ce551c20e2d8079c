/** How much of its weight an endpoint has while it is new, or back again. */
import type { SlowStart } from "../../core/model/traffic-policy.ts";

/** (ageMs / windowMs) ^ (1 / aggression), and at least the minimum; in (0, 1]. As in Envoy, slow start. */
export function warmth(ageMs: number, { windowMs, aggression, minimumPercent }: SlowStart): number {
  if (ageMs >= windowMs) return 1;
  const grown = (Math.max(ageMs, 1) / windowMs) ** (1 / aggression);
  return Math.min(1, Math.max(minimumPercent / 100, grown));
}
