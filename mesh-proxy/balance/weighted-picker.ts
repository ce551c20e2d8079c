/** Picks endpoints in proportion to their weights: an immutable snapshot, replaced when the endpoints change. */
import { eligible, type IsExcluded, type Weighted } from "./endpoint-order.ts";
import { finish } from "./hash.ts";

export interface WeightedPicker<E> {
  /**
   * `uniform` is a random number in [0, 1). O(1), and O(n) when the first choice is excluded.
   * @returns undefined when there is no endpoint, or every one is excluded
   */
  pick(uniform: number, isExcluded?: IsExcluded<E>): E | undefined;
}

/** Builds the alias table of Vose (A linear algorithm for generating random numbers with a given distribution, 1991). O(n). */
export function createWeightedPicker<E extends Weighted>(endpoints: readonly E[]): WeightedPicker<E> {
  const { endpoints: columns, weightOf } = eligible(endpoints, undefined);
  const { cutoffs, aliases } = aliasTable(columns.map(weightOf));
  return {
    pick(uniform, isExcluded) {
      const scaled = uniform * columns.length;
      const column = Math.min(Math.floor(scaled), columns.length - 1);
      const isOwn = scaled - column < (cutoffs[column] ?? 0);
      const chosen = columns[isOwn ? column : (aliases[column] ?? 0)];
      if (chosen === undefined || isExcluded === undefined || !isExcluded(chosen)) return chosen;
      return pickAmong(eligible(endpoints, isExcluded), again(uniform));
    },
  };
}

/** Column i keeps its own endpoint below `cutoffs[i]` and gives the rest to `aliases[i]`. */
function aliasTable(weights: readonly number[]): { readonly cutoffs: Float64Array; readonly aliases: Int32Array } {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const cutoffs = Float64Array.from(weights, (weight) => (weight / total) * weights.length);
  const aliases = new Int32Array(weights.length);
  const small = indicesWhere(cutoffs, (cutoff) => cutoff < 1);
  const large = indicesWhere(cutoffs, (cutoff) => cutoff >= 1);
  for (;;) {
    const needy = small.pop();
    const rich = large.pop();
    if (needy === undefined || rich === undefined) {
      for (const left of [needy, rich, ...small, ...large]) if (left !== undefined) cutoffs[left] = 1;
      return { cutoffs, aliases };
    }
    aliases[needy] = rich;
    cutoffs[rich] = (cutoffs[rich] ?? 0) + (cutoffs[needy] ?? 0) - 1;
    if ((cutoffs[rich] ?? 0) < 1) small.push(rich);
    else large.push(rich);
  }
}

function pickAmong<E>(
  { endpoints, weightOf }: { readonly endpoints: readonly E[]; readonly weightOf: (endpoint: E) => number },
  uniform: number,
): E | undefined {
  const total = endpoints.reduce((sum, endpoint) => sum + weightOf(endpoint), 0);
  let left = uniform * total;
  for (const endpoint of endpoints) {
    left -= weightOf(endpoint);
    if (left < 0) return endpoint;
  }
  return endpoints.at(-1);
}

/** The number that led to an excluded endpoint is no longer uniform over the others; its hash is as good as a new one. */
export function again(uniform: number): number {
  return finish((uniform * 2 ** 32) >>> 0) / 2 ** 32;
}

function indicesWhere(values: Float64Array, holds: (value: number) => boolean): number[] {
  return [...values.keys()].filter((index) => holds(values[index] ?? 0));
}
