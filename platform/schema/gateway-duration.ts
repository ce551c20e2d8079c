/** Gateway API's durations, such as `1h30m` or `250ms` (GEP-2257), in ms. */
import { z } from "zod";
import { parseDuration } from "../../core/model/duration.ts";

const durationMsMax = 86_400_000;

export const gatewayDuration = z
  .string()
  .max(32)
  .transform((text, { addIssue }) => {
    const ms = parseDuration(text);
    if (ms === undefined) addIssue("must be a duration such as 1m30s or 250ms");
    return ms ?? z.NEVER;
  })
  .refine((ms) => ms <= durationMsMax, { error: "must be at most 24h" });
