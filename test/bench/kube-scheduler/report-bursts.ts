/** The tables of bursts, with what a solver proves to be the least. */
import type { BenchReport } from "../bench-report.ts";
import { trafficIn } from "./bound-placement.ts";
import { type BurstSubject, burstSubjects } from "./burst-subjects.ts";
import { measuredFlows } from "./measured-flows.ts";
import { median } from "./median.ts";
import { type BurstMode, type BurstResult, burstModes, type PlacedTraffic } from "./placement-bursts.ts";
import { provenLeast } from "./proven-least.ts";

const columns = ["", "balanced split, kB/s", "worst order", "above the least", "in turns, kB/s", "cost"];
const titles: Readonly<Record<BurstMode, string>> = {
  live: "kube-scheduler places pods as they come",
  pending: "all pods are pending before kube-scheduler places the first",
};

export async function reportBursts(
  report: BenchReport,
  results: ReadonlyMap<BurstSubject, BurstResult>,
): Promise<void> {
  const flows = measuredFlows();
  const least = await provenLeast(flows);
  const orderCount = [...results.values()][0]?.live.length ?? 0;
  for (const mode of burstModes) {
    report.heading(`examples/5g-core in one burst, bytes between nodes: ${titles[mode]}`, columns);
    for (const subject of burstSubjects)
      report.row(subject.title, ...cellsOf(results.get(subject)?.[mode] ?? [], least.balancedBytes));
    const cells = [kilobytes(least.balancedBytes), "", "0.0 %", "", kilobytes(least.cost)];
    report.row("the least, each proven for itself", ...cells);
  }
  const bytes = kilobytes(trafficIn(["core"], flows).reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0));
  report.say(
    `\nMedians of ${orderCount} orders of creation; of ${bytes} kB/s that the example's functions exchange, as its lab metered them.`,
  );
}

function cellsOf(placed: readonly PlacedTraffic[], leastBytes: number): readonly string[] {
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
