/** Each of what equals others once: pods of one workload say the same. */
export function distinct<T>(values: Iterable<T>): T[] {
  const byText = new Map<string, T>();
  const seen = new Set<T>();
  for (const value of values) {
    // The same object is most often met again, and is not worth writing out.
    if (seen.has(value)) continue;
    seen.add(value);
    const text = JSON.stringify(value) ?? "";
    if (!byText.has(text)) byText.set(text, value);
  }
  return [...byText.values()];
}
