/** Proxies that carry as much as one connection takes, measured in turns. */
import type { ChildProcess } from "node:child_process";
import type { BulkResult, BulkRun } from "./bulk-load.ts";
import { kernelWorkersTimeMs } from "./cpu-time.ts";
import { ask, type Contender, cpuOf, median, orderIn, startHelper, waitForListener } from "./in-turns.ts";

export interface MeasuredBulk {
  readonly gigabitsPerSecond: number;
  readonly cpuSecondsPerGigabyte: number;
}

/** By contender, in their order: medians over the rounds. */
export async function measureBulk(
  contenders: readonly Contender[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<readonly MeasuredBulk[]> {
  const loads: ChildProcess[] = [];
  try {
    for (const contender of contenders) {
      await waitForListener(contender);
      loads.push(await startHelper("bulk-load", contender.host, contender.port));
    }
    const measured: MeasuredBulk[][] = contenders.map(() => []);
    for (let round = 0; round < rounds; round++) {
      for (const index of orderIn(round, contenders.length)) {
        const [contender, load] = [contenders[index], loads[index]];
        if (contender !== undefined && load !== undefined)
          measured[index]?.push(await measureOnce(contender, load, seconds));
      }
    }
    return measured.map(medians);
  } finally {
    for (const load of loads) load.disconnect();
  }
}

async function measureOnce(contender: Contender, load: ChildProcess, asked: number): Promise<MeasuredBulk> {
  const cpuMs = () => cpuOf(contender) + kernelWorkersTimeMs();
  const beforeMs = cpuMs();
  const { byteCount, seconds } = await ask<BulkRun, BulkResult>(load, { seconds: asked });
  return {
    gigabitsPerSecond: (8 * byteCount) / seconds / 1e9,
    cpuSecondsPerGigabyte: (cpuMs() - beforeMs) / 1000 / (byteCount / 1e9),
  };
}

function medians(rounds: readonly MeasuredBulk[]): MeasuredBulk {
  return {
    gigabitsPerSecond: median(rounds.map((one) => one.gigabitsPerSecond)),
    cpuSecondsPerGigabyte: median(rounds.map((one) => one.cpuSecondsPerGigabyte)),
  };
}
