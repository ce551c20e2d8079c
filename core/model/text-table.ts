/** Tables as terminals show them: columns as wide as their widest cell, two spaces between. */
export function textTable(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

/** Names come over the network: nothing of them may steer the terminal. */
export function printable(line: string): string {
  return line.replaceAll(/\p{Cc}/gu, "?");
}
