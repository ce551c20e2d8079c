/** One run of the load, from its start to its end. */
import type { LoadSettings, PodGroup } from "./pod-group.ts";
import type { RunningPod } from "./pod-runner.ts";
import { waitUntil } from "./wait-until.ts";

export interface LabLoad {
  /** Its pods, when it is over. @throws WeftError upstream-failed when it is not in time */
  ended(): Promise<readonly RunningPod[]>;
}

export interface LoadRun {
  /** What it is called when it does not end. */
  readonly name: string;
  readonly loadTimeoutMs: number;
  readonly settingsOf?: LoadSettings | undefined;
}

export async function startLoad(group: PodGroup, { name, loadTimeoutMs, settingsOf }: LoadRun): Promise<LabLoad> {
  const load = await group.startLoad(settingsOf);
  let done = false;
  // However it ends, what it found counts.
  void Promise.allSettled(load.map(({ sample }) => sample.finished)).then(() => {
    done = true;
  });
  return {
    async ended() {
      await waitUntil(() => done, `${name}: the end of the load`, loadTimeoutMs);
      return load;
    },
  };
}
