/** The labels that nobody has taken a meaning from, as one text: it tells series apart. */
export function remainingLabels(labels: ReadonlyMap<string, string>, captured: ReadonlySet<string>): string {
  const rest: string[] = [];
  for (const [name, value] of labels) if (!captured.has(name)) rest.push(`${name}=${value}`);
  return rest.sort().join(",");
}
