/** What came of a chain's change to another version under load, and how people are told. */
import type { RequestTotals } from "./result-table.ts";

export interface VersionChange {
  readonly chain: string;
  readonly function: string;
  /** Of the function, with the new one. */
  readonly instances: number;
  readonly before: ChangedVersion;
  readonly after: ChangedVersion;
  /** On the version before, when the new one became active. */
  readonly liveFlows: number;
  /** Flows that the mesh dialled again after they had begun, on whichever version or hop. */
  readonly movedFlows: number;
  readonly requests: RequestTotals;
}

export interface ChangedVersion {
  readonly spi: number;
  /** That entered it while the load ran. */
  readonly flows: number;
}

export function versionChangeText(change: VersionChange): string {
  const { chain, instances, before, after, liveFlows, movedFlows, requests } = change;
  return [
    `version change under load: ${chain} gets ${change.function} number ${instances}, path ${before.spi} gives way to ${after.spi}`,
    `  flows that began on ${before.spi}: ${before.flows}, of which ${liveFlows} were live when ${after.spi} became active; on ${after.spi}: ${after.flows}`,
    `  live flows moved: ${movedFlows}; failed: ${requests.failed}/${requests.count}; p50 ${requests.p50Ms.toFixed(1)} ms, p99 ${requests.p99Ms.toFixed(1)} ms`,
  ].join("\n");
}
