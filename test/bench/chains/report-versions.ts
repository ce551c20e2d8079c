/** The tables of path versions. */
import type { BenchReport } from "../bench-report.ts";
import { measureVersionChanges, type VersionSpec, type VersionWindow } from "./version-change.ts";

export async function reportVersions(
  report: BenchReport,
  spec: VersionSpec,
  progress: (line: string) => void,
): Promise<void> {
  const { windows, firstPathsMs } = await measureVersionChanges(spec, progress);
  report.heading(`Paths change version under load: ${spec.chains} chains, a flow on each`, [
    "chains that change",
    "requests",
    "failed",
    "flows moved",
    "connections lost",
    "p50",
    "p99",
    "p99 beside no change",
    "all active after",
    "all proxies there after",
  ]);
  const still = windows[0];
  for (const window of windows) report.row(...flowCells(window, still));
  report.heading("What it took", [
    "chains that change",
    "looks of the controller",
    "a look",
    "changes seen by mesh-control",
    "snapshots of a change",
    "largest snapshot",
    "longest to apply one",
    "longest standstill of a pod",
  ]);
  for (const window of windows) report.row(...costCells(window));
  report.say(`\nFrom an empty cluster to a path for every chain: ${milliseconds(firstPathsMs)}.`);
}

function flowCells(window: VersionWindow, still: VersionWindow | undefined): readonly string[] {
  const { changed, requests, failed, moved, reopened, p50Ms, p99Ms, activeMs, runningMs } = window;
  const counts = [requests, failed, moved, reopened].map(String);
  const ratio = still === undefined ? "" : (p99Ms / still.p99Ms).toFixed(2);
  return [
    String(changed),
    ...counts,
    `${p50Ms.toFixed(1)} ms`,
    `${p99Ms.toFixed(1)} ms`,
    ratio,
    milliseconds(activeMs),
    milliseconds(runningMs),
  ];
}

function costCells({ changed, lookCount, lookMs, buildCount, buildMs, ...pods }: VersionWindow): readonly string[] {
  return [
    String(changed),
    String(lookCount),
    milliseconds(lookMs),
    String(buildCount),
    milliseconds(buildMs),
    `${(pods.snapshotBytes / 1e6).toFixed(2)} MB`,
    milliseconds(pods.applyMs),
    milliseconds(pods.stallMs),
  ];
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? "" : `${value.toFixed(0)} ms`;
}
