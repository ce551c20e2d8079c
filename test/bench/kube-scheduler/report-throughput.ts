/** The table of throughputs. */
import type { BenchReport } from "../bench-report.ts";
import { median } from "./median.ts";
import { subjects } from "./subjects.ts";
import type { Throughput, ThroughputOptions } from "./throughput.ts";
import type { TurnResult } from "./turn.ts";

export function reportThroughput(report: BenchReport, results: Throughput, options: ThroughputOptions): void {
  const { nodeCount, podCount, rounds } = options;
  const columns = ["", "pods/s", "ratio to its peer", "bindings/s", "cycle, ms", "CPU of Weft, ms", "inter-node"];
  report.heading(`${podCount} pods on ${nodeCount} nodes, rounds: ${rounds}`, columns);
  for (const { name, title, peers = [] } of subjects) {
    const turns = results.get(name) ?? [];
    if (turns.length === 0) continue;
    const of = (figure: (turn: TurnResult) => number) => median(turns.map(figure));
    const ratios = peers.flatMap((peer) => ratioTo(peer, turns, results));
    report.row(
      title,
      of(({ podsPerSecond }) => podsPerSecond).toFixed(0),
      ratios.join(", "),
      of(({ bindingsPerSecond }) => bindingsPerSecond).toFixed(0),
      of(({ cycleMs }) => cycleMs).toFixed(2),
      of(({ weftCpuMs }) => weftCpuMs).toFixed(2),
      `${(100 * of(({ interNodeShare }) => interNodeShare)).toFixed(0)} %`,
    );
  }
}

/** Median of the rounds' ratios, and their range: both of a round had the machine at nearly the same time. */
function ratioTo(peer: string, turns: readonly TurnResult[], results: Throughput): readonly string[] {
  const theirs = results.get(peer) ?? [];
  const ratios = turns.flatMap(({ podsPerSecond }, round) => {
    const other = theirs[round];
    return other ? [podsPerSecond / other.podsPerSecond] : [];
  });
  if (ratios.length === 0) return [];
  const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  return [`${median(ratios).toFixed(2)} of \`${peer}\` (${range})`];
}
