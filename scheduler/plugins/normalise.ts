/** From worth to kube-scheduler's integers. Rounded down, so that only the best nodes have the highest score. */
import { scoreMax } from "./score-plugin.ts";

/** Differences below this part of the best are rounding, not preference. */
const NEGLIGIBLE = 1e-9;

/** 0 is 0, and the best is 10: nodes of no worth at all differ from the best by all there is. */
export function scoresFromZero(worth: Float64Array): Uint8Array {
  return scaled(worth, 0, rangeOf(worth).most);
}

/** The worst is 0 and the best is 10; all 0 when they are alike. */
export function scoresFromWorst(worth: Float64Array): Uint8Array {
  const { least, most } = rangeOf(worth);
  return scaled(worth, least, most);
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

/** Zeros for no nodes. A loop and not `reduce`: there are thousands of nodes in every request. */
function rangeOf(worth: Float64Array): { readonly least: number; readonly most: number } {
  let [least, most] = [worth[0] ?? 0, worth[0] ?? 0];
  for (let i = 1; i < worth.length; i++) {
    least = Math.min(least, worth[i] ?? 0);
    most = Math.max(most, worth[i] ?? 0);
  }
  return { least, most };
}
