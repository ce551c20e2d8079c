import { invariant } from "../model/invariant.ts";

/**
 * The p-quantile of values in ascending order, interpolated between neighbours: the value at rank p * (n - 1), method R-7 of
 * Hyndman and Fan (1996). Undefined of nothing.
 *
 * @param p in [0, 1].
 */
export function quantile(ascending: ArrayLike<number>, p: number): number | undefined {
  invariant(p >= 0 && p <= 1, "a quantile lies in [0, 1]");
  const rank = p * (ascending.length - 1);
  const below = ascending[Math.floor(rank)];
  const above = ascending[Math.ceil(rank)];
  if (below === undefined || above === undefined) return undefined;
  return below + (above - below) * (rank - Math.floor(rank));
}
