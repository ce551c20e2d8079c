/** What `weft chain trace` prints. */
import { printable, textTable } from "../../core/model/text-table.ts";
import type { Trace, TracedFlow } from "./trace-flows.ts";

type Row = readonly string[];

/** A line for each flow: which pods it passes, in order. */
export function traceLines({ flows, silent, hasMore }: Trace): readonly string[] {
  const rows = [["flow", "path", "age s", "bytes", "way"], ...flows.map(rowOf)];
  return [
    ...(flows.length === 0 ? ["no live flow"] : textTable(rows)),
    ...(hasMore ? ["... and more flows than were asked for"] : []),
    ...silent.map((reason) => `not heard of: ${reason}`),
  ].map(printable);
}

function rowOf(flow: TracedFlow): Row {
  const { source, spi, ageMs, byteCount } = flow;
  return [source, `${spi}`, (ageMs / 1000).toFixed(1), `${byteCount}`, wayOf(flow)];
}

/** A pod that another one names but that says nothing itself has a question mark. */
function wayOf({ stops, isWhole }: TracedFlow): string {
  const parts = stops.flatMap(({ pod, function: name, next }, index) => {
    const self = name === "" ? pod : `${pod} (${name})`;
    const isHeardOf = next === undefined || next === stops[index + 1]?.pod;
    return isHeardOf ? [self] : [self, `${next}?`];
  });
  return `${parts.join(" > ")}${isWhole ? "" : "  (not whole)"}`;
}
