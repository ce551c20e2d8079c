/** Gateway API's durations, such as `1h30m` or `250ms` (GEP-2257), in ms. */
import { z } from "zod";

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };
const durationMsMax = 86_400_000;

export const gatewayDuration = z
  .string()
  .max(32)
  .regex(/^([0-9]{1,5}(h|m|s|ms)){1,4}$/, { error: "must be a duration such as 1m30s or 250ms" })
  .transform((text) => {
    let ms = 0;
    for (const [, count, unit] of text.matchAll(/([0-9]+)(ms|[hms])/g)) ms += Number(count) * (unitMs[unit ?? ""] ?? 0);
    return ms;
  })
  .refine((ms) => ms <= durationMsMax, { error: "must be at most 24h" });
