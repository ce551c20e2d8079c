/** What `weft chain ping` prints. */
import { printable, textTable } from "../../core/model/text-table.ts";
import type { ProbeAnswer, ProbedHop } from "./probe-protocol.ts";

type Row = readonly string[];

/** One probe: a line for each hop. */
export function probeLines({ spi, source, hops, reason }: ProbeAnswer, sequence: number): readonly string[] {
  const onPath = spi === undefined ? "" : ` on path ${spi}`;
  const head = `probe ${sequence} as ${source.address}:${source.port}${onPath}`;
  const rows = hops.length === 0 ? [] : textTable([titles(hops), ...hops.map((hop) => rowOf(hop, hops))]);
  return [head, ...rows.map((row) => `  ${row}`), ...(reason === undefined ? [] : [`stopped: ${reason}`]), ""].map(
    printable,
  );
}

/** All of them: how many came through, and how long the whole way took. */
export function summaryLine(chain: string, answers: readonly ProbeAnswer[]): string {
  const whole = answers.filter(({ isWhole }) => isWhole);
  const lost = answers.length - whole.length;
  const times = whole.map(({ hops }) => hops.at(-1)?.totalMs ?? 0);
  const mean = times.reduce((sum, each) => sum + each, 0) / Math.max(1, times.length);
  const spread =
    times.length === 0
      ? ""
      : `, least/mean/most ${[Math.min(...times), mean, Math.max(...times)].map(ms).join("/")} ms`;
  const loss = ((100 * lost) / Math.max(1, answers.length)).toFixed(0);
  return printable(
    `${chain}: ${answers.length} probes, ${whole.length} answered by every hop, ${loss} % lost${spread}`,
  );
}

function titles(hops: readonly ProbedHop[]): Row {
  const asked = hops.some((hop) => hop.asked !== undefined) ? ["behind it"] : [];
  return ["index", "function", "pod", "node", "connect ms", "answer ms", "total ms", ...asked];
}

function rowOf(hop: ProbedHop, hops: readonly ProbedHop[]): Row {
  const isDestination = hop.serviceIndex === 0;
  const asked = hops.some((each) => each.asked !== undefined) ? [behind(hop)] : [];
  return [
    `${hop.serviceIndex}`,
    hop.function ?? (isDestination ? "destination" : ""),
    hop.pod,
    hop.node,
    ms(hop.connectMs),
    ms(hop.answerMs),
    ms(hop.totalMs),
    ...asked,
  ];
}

function behind({ asked }: ProbedHop): string {
  if (asked === undefined) return "not asked";
  if (asked.reason !== undefined) return `refuses: ${asked.reason}`;
  return asked.answerMs === undefined ? `takes connections` : `answers in ${ms(asked.answerMs)} ms`;
}

function ms(value: number): string {
  return value.toFixed(2);
}
