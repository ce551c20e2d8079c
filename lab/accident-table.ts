/** What an accident at one site came to, phase by phase, as a table for people. */
import type { RequestTotals } from "./result-table.ts";
import { tableText } from "./table-text.ts";

export interface AccidentResult {
  readonly zone: string;
  readonly phases: readonly PhaseResult[];
}

export interface PhaseResult {
  readonly phase: string;
  /** Of the load at the accident's site. */
  readonly there: RequestTotals;
  /** Of the load everywhere else. */
  readonly elsewhere: RequestTotals;
  /** Part of the bytes sent at the accident's site that another site took, by the proxies' counters. */
  readonly carriedAway: number;
}

export function accidentTable({ zone, phases }: AccidentResult): string {
  const headings = ["phase", `p50 at ${zone}`, "p99", "failed", "carried away", "p50 elsewhere", "p99", "failed"];
  return tableText([headings, ...phases.map(rowOf)], [0]);
}

function rowOf({ phase, there, elsewhere, carriedAway }: PhaseResult): readonly string[] {
  return [phase, ...totalsOf(there), `${(100 * carriedAway).toFixed(0)} %`, ...totalsOf(elsewhere)];
}

function totalsOf({ count, failed, p50Ms, p99Ms }: RequestTotals): readonly string[] {
  return [`${p50Ms.toFixed(1)} ms`, `${p99Ms.toFixed(1)} ms`, `${failed}/${count}`];
}
