/** Polls for a condition up to a deadline, so that tests wait for facts and never for time to pass. */
import { setTimeout as delay } from "node:timers/promises";

export type WaitOptions = {
  /** What is awaited, for the error: "the pod is bound". */
  readonly what: string;
  readonly timeoutMs: number;
  readonly pollMs?: number;
  /** Ends the wait at once with this reason, when it is clear that the condition will not come. */
  readonly giveUp?: () => string | undefined;
};

/** The first value of `check` that is neither undefined nor false. Throws at the deadline with the last error that `check` threw. */
export async function waitUntil<T>(
  check: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions,
): Promise<T> {
  const deadlineMs = performance.now() + options.timeoutMs;
  let lastError: unknown;
  while (performance.now() < deadlineMs) {
    const hopeless = options.giveUp?.();
    if (hopeless !== undefined) throw new Error(`${options.what}: ${hopeless}`);
    try {
      const value = await check();
      if (value !== undefined && value !== false) return value;
    } catch (error) {
      lastError = error;
    }
    await delay(options.pollMs ?? 50);
  }
  throw new Error(`${options.what}: not within ${options.timeoutMs} ms`, { cause: lastError });
}
