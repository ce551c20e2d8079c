/** The load generator's figures as a table. */
import type { ProcedureFigures } from "../procedure-statistics.ts";
import { type Procedure, procedures } from "./procedures.ts";

const columns = ["procedure", "ok", "failed", "per s", "p50 ms", "p90 ms", "p99 ms", "max ms"];

export function formatReport(figures: Readonly<Record<Procedure, ProcedureFigures>>): string {
  const rows = [columns, ...procedures.map((procedure) => rowOf(procedure, figures[procedure]))];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => pad(cell, column, widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const failures = procedures.flatMap((procedure) => failureLines(procedure, figures[procedure]));
  return [...lines, ...failures].join("\n");
}

function rowOf(
  procedure: Procedure,
  { succeeded, failed, perSecond, p50Ms, p90Ms, p99Ms, maxMs }: ProcedureFigures,
): string[] {
  const decimals = [perSecond, p50Ms, p90Ms, p99Ms, maxMs].map((value) => value.toFixed(1));
  return [procedure, String(succeeded), String(failed), ...decimals];
}

function failureLines(procedure: Procedure, { failures }: ProcedureFigures): readonly string[] {
  return Object.entries(failures).map(([cause, times]) => `${procedure} failed ${times} times: ${cause}`);
}

function pad(cell: string, column: number, width: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
