/** How far sites are from each other. */
import type { MeasuredPair } from "../core/graph/delay-table.ts";
import { type LocalityLatencies, localityBetween, type Place } from "../core/model/locality.ts";
import { quantile } from "../core/stats/quantile.ts";
import type { SiteDelay } from "./sites/site-problem.ts";

/** One way between two sites, either first, where anything was measured. */
export type MeasuredDelays = (a: string, b: string) => number | undefined;

/** Half of the median round trip of the pairs of nodes of two sites. O(pairs log pairs). */
export function measuredDelays(pairs: Iterable<MeasuredPair>, siteOf: (node: string) => string): MeasuredDelays {
  const bySites = Map.groupBy(pairs, ({ a, b }) => keyOf(siteOf(a), siteOf(b)));
  const delays = new Map(
    [...bySites].map(([key, measured]) => {
      const roundTripsMs = Float64Array.from(measured, ({ roundTripMs }) => roundTripMs).sort();
      return [key, (quantile(roundTripsMs, 0.5) ?? 0) / 2];
    }),
  );
  return (a, b) => delays.get(keyOf(a, b));
}

/** Of every pair; one between which nothing was measured has what its nearest common locality says. O(sites^2). */
export function delaysBetween(
  places: ReadonlyMap<string, Place>,
  latencyMs: LocalityLatencies,
  measured: MeasuredDelays,
): readonly SiteDelay[] {
  const all = [...places];
  return all.flatMap(([a, one], index) =>
    all.slice(index + 1).map(([b, other]) => {
      const locality = localityBetween(one, other);
      const configuredMs = locality === "node" ? 0 : latencyMs[locality];
      return { a, b, oneWayMs: measured(a, b) ?? configuredMs };
    }),
  );
}

function keyOf(a: string, b: string): string {
  return a < b ? `${a}\n${b}` : `${b}\n${a}`;
}
