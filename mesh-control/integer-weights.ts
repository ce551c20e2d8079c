/**
 * Whole numbers that sum to `total` and stand to each other as the shares do: each is rounded down, and what is left over
 * goes one by one to the largest remainders (the method of Hamilton), the earlier first among equals.
 * Shares are at least 0; without a positive one every weight is 0.
 */
export function integerWeights(shares: readonly number[], total: number): readonly number[] {
  const sum = shares.reduce((before, share) => before + share, 0);
  if (sum <= 0) return shares.map(() => 0);
  const exact = shares.map((share) => (share / sum) * total);
  const weights = exact.map(Math.floor);
  const left = total - weights.reduce((before, weight) => before + weight, 0);
  const byRemainder = exact.map((value, index) => ({ index, remainder: value - Math.floor(value) }));
  byRemainder.sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  for (const { index } of byRemainder.slice(0, left)) weights[index] = (weights[index] ?? 0) + 1;
  return weights;
}
