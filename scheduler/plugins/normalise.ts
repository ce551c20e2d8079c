/** From worth to kube-scheduler's integers. Rounded down, so that only the best nodes have the highest score. */
import { scoreMax } from "./score-plugin.ts";

/** Differences below this part of the best are rounding, not preference. */
const NEGLIGIBLE = 1e-9;

/** 0 is 0, and the best is 10: nodes of no worth at all differ from the best by all there is. */
export function scoresFromZero(worth: Float64Array): Uint8Array {
  return scaled(worth, 0, maxOf(worth));
}

/** The worst is 0 and the best is 10; all 0 when they are alike. */
export function scoresFromWorst(worth: Float64Array): Uint8Array {
  return scaled(worth, minOf(worth), maxOf(worth));
}

function scaled(worth: Float64Array, least: number, most: number): Uint8Array {
  const scores = new Uint8Array(worth.length);
  const range = most - least;
  const slack = NEGLIGIBLE * Math.abs(most);
  if (range <= slack) return scores;
  for (let i = 0; i < worth.length; i++) {
    const above = Math.max(0, (worth[i] ?? 0) - least) + slack;
    scores[i] = Math.min(scoreMax, Math.floor((scoreMax * above) / range));
  }
  return scores;
}

function maxOf(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, value), values.length > 0 ? Number.NEGATIVE_INFINITY : 0);
}

function minOf(values: Float64Array): number {
  return values.reduce((least, value) => Math.min(least, value), values.length > 0 ? Number.POSITIVE_INFINITY : 0);
}
