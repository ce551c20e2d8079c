/** Integers in the proportion of `parts` that sum to `sum`, each within 1 of its exact share; all parts 0 gives equal ones. */
export function largestRemainder(parts: readonly number[], sum: number): readonly number[] {
  const total = parts.reduce((a, b) => a + b, 0);
  const exact = parts.map((part) => (total > 0 ? (part / total) * sum : sum / parts.length));
  const floors = exact.map(Math.floor);
  const missing = sum - floors.reduce((a, b) => a + b, 0);
  const byRemainder = [...exact.keys()].toSorted((a, b) => remainder(exact, b) - remainder(exact, a));
  const raised = new Set(byRemainder.slice(0, missing));
  return floors.map((floor, index) => (raised.has(index) ? floor + 1 : floor));
}

function remainder(exact: readonly number[], index: number): number {
  const value = exact[index] ?? 0;
  return value - Math.floor(value);
}
