/** How much of its weight an endpoint has while it is new, or back again. */

export interface SlowStartLimits {
  readonly windowMs: number;
  /** 1 grows evenly; more grows faster at first. */
  readonly aggression: number;
  /** Of its weight, in (0, 100]. */
  readonly minimumPercent: number;
}

/** (ageMs / windowMs) ^ (1 / aggression), and at least the minimum; in (0, 1]. As in Envoy, slow start. */
export function warmth(ageMs: number, { windowMs, aggression, minimumPercent }: SlowStartLimits): number {
  if (ageMs >= windowMs) return 1;
  const grown = (Math.max(ageMs, 1) / windowMs) ** (1 / aggression);
  return Math.min(1, Math.max(minimumPercent / 100, grown));
}
