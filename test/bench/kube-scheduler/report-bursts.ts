/** The tables of bursts, with what a solver proves to be the least. */
import { checkPlacement } from "../../../scheduler/placement/search/check-placement.ts";
import type { BenchReport } from "../bench-report.ts";
import { loadSolver, optimalPlacement } from "../optimum/optimal-placement.ts";
import { type BurstSubject, burstSubjects } from "./burst-subjects.ts";
import { exampleScenario } from "./example-scenario.ts";
import { measuredFlows } from "./measured-flows.ts";
import { median } from "./median.ts";
import { type BurstMode, type BurstResult, burstModes } from "./placement-bursts.ts";

const SOLVER_SECONDS_MAX = 600;
const columns = ["", "balanced split, kB/s", "worst order", "above the least", "in turns, kB/s", "cost"];
const titles: Readonly<Record<BurstMode, string>> = {
  live: "kube-scheduler places pods as they come",
  pending: "all pods are pending before kube-scheduler places the first",
};

export async function reportBursts(
  report: BenchReport,
  results: ReadonlyMap<BurstSubject, BurstResult>,
): Promise<void> {
  const scenario = exampleScenario(measuredFlows());
  const total = scenario.traffic.reduce((sum, { weight }) => sum + weight, 0);
  const best = checkPlacement(scenario, optimalPlacement(scenario, await loadSolver(), SOLVER_SECONDS_MAX));
  const leastBytes = total * (1 - best.gainedAffinity);
  const orderCount = [...results.values()][0]?.live.length ?? 0;
  for (const mode of burstModes) {
    report.heading(`examples/5g-core in one burst, bytes between nodes: ${titles[mode]}`, columns);
    for (const subject of burstSubjects) report.row(subject.title, ...cellsOf(subject, results, mode, leastBytes));
    const inTurns = kilobytes(total * (1 - best.roundRobinShare));
    report.row("the least under the balanced split, proven", kilobytes(leastBytes), "", "0.0 %", inTurns, "");
  }
  report.say(
    `\nMedians of ${orderCount} orders of creation; of ${kilobytes(total)} kB/s that the example's functions exchange, as its lab metered them.`,
  );
}

function cellsOf(
  subject: BurstSubject,
  results: ReadonlyMap<BurstSubject, BurstResult>,
  mode: BurstMode,
  leastBytes: number,
): readonly string[] {
  const placed = results.get(subject)?.[mode];
  if (!placed) return [`not measured: ${subject.missing}`, "", "", "", ""];
  const balanced = placed.map(({ balancedBytes }) => balancedBytes);
  return [
    kilobytes(median(balanced)),
    kilobytes(Math.max(...balanced)),
    `${(100 * (median(balanced) / leastBytes - 1)).toFixed(1)} %`,
    kilobytes(median(placed.map(({ roundRobinBytes }) => roundRobinBytes))),
    kilobytes(median(placed.map(({ cost }) => cost))),
  ];
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(2);
}
