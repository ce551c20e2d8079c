/** The table of bursts, with what a solver proves to be the least. */
import { checkPlacement } from "../../../scheduler/placement/search/check-placement.ts";
import type { BenchReport } from "../bench-report.ts";
import { loadSolver, optimalPlacement } from "../optimum/optimal-placement.ts";
import { type BurstSubject, burstSubjects } from "./burst-subjects.ts";
import { exampleScenario } from "./example-scenario.ts";
import { measuredFlows } from "./measured-flows.ts";
import { median } from "./median.ts";
import type { PlacedTraffic } from "./placement-bursts.ts";

const SOLVER_SECONDS_MAX = 600;

export async function reportBursts(
  report: BenchReport,
  results: ReadonlyMap<BurstSubject, readonly PlacedTraffic[]>,
): Promise<void> {
  const orders = [...results.values()][0]?.length ?? 0;
  const columns = ["", "balanced split, kB/s", "worst order", "above the least", "in turns, kB/s"];
  report.heading(`examples/5g-core in one burst: bytes between nodes, median of ${orders} orders of creation`, columns);
  const scenario = exampleScenario(measuredFlows());
  const total = scenario.traffic.reduce((sum, { weight }) => sum + weight, 0);
  const best = checkPlacement(scenario, optimalPlacement(scenario, await loadSolver(), SOLVER_SECONDS_MAX));
  const least = total * (1 - best.gainedAffinity);
  for (const subject of burstSubjects) {
    const placed = results.get(subject);
    if (!placed) {
      report.row(subject.title, `not measured: ${subject.missing}`, "", "", "");
      continue;
    }
    const balanced = placed.map(({ balancedBytes }) => balancedBytes);
    report.row(
      subject.title,
      kilobytes(median(balanced)),
      kilobytes(Math.max(...balanced)),
      `${(100 * (median(balanced) / least - 1)).toFixed(1)} %`,
      kilobytes(median(placed.map(({ roundRobinBytes }) => roundRobinBytes))),
    );
  }
  report.row("the least, proven", kilobytes(least), "", "0.0 %", kilobytes(total * (1 - best.roundRobinShare)));
  report.say(`\nOf ${kilobytes(total)} kB/s that the example's functions exchange, as its lab metered them.`);
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(2);
}
