/** Durations as people write them: `1h30m`, `250ms` (Gateway API, GEP-2257). */

const unitsMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** In ms; undefined for what is no duration. */
export function parseDuration(text: string): number | undefined {
  if (!/^([0-9]{1,5}(h|m|s|ms)){1,4}$/.test(text)) return undefined;
  let sumMs = 0;
  for (const [, count, unit = ""] of text.matchAll(/([0-9]+)(ms|[hms])/g))
    sumMs += Number(count) * (unitsMs[unit] ?? 0);
  return sumMs;
}
