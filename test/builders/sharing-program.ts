/** A site problem as a linear program: a column for each pair that is near, and one for what stays at each overloaded site. */
import type { SiteProblem } from "../../mesh-control/sites/site-problem.ts";
import type { LinearProgram } from "../../sfc/solver/exact/linear-program.ts";

export interface SharingProgram {
  readonly program: LinearProgram;
  readonly costs: Float64Array;
  /** What a unit that stays costs: more than any way can. */
  readonly stayMs: number;
}

export function sharingProgram({ sites, delays, oneWayMsMax }: SiteProblem): SharingProgram {
  const stayMs = sites.length * delays.reduce((most, { oneWayMs }) => Math.max(most, oneWayMs), 0) + 1;
  const columns = sites.flatMap(({ name, load, capacity }, row) => {
    if (load <= capacity) return [];
    const near = delays.flatMap(({ a, b, oneWayMs }) => {
      const to = a === name ? b : b === name ? a : undefined;
      const other = sites.findIndex((site) => site.name === to && site.load < site.capacity);
      return other >= 0 && oneWayMs <= oneWayMsMax ? [{ costMs: oneWayMs, rows: [row, other] }] : [];
    });
    return [...near, { costMs: stayMs, rows: [row] }];
  });
  const starts = [0];
  for (const { rows } of columns) starts.push((starts.at(-1) ?? 0) + rows.length);
  const rows = columns.flatMap((column) => column.rows);
  return {
    program: {
      columnCount: columns.length,
      rowCount: sites.length,
      starts: Int32Array.from(starts),
      rows: Int32Array.from(rows),
      values: new Float64Array(rows.length).fill(1),
      lowers: Float64Array.from(sites, ({ load, capacity }) => (load > capacity ? load - capacity : -Infinity)),
      uppers: Float64Array.from(sites, ({ load, capacity }) => Math.abs(load - capacity)),
    },
    costs: Float64Array.from(columns, ({ costMs }) => costMs),
    stayMs,
  };
}
