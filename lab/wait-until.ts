import { setTimeout as pause } from "node:timers/promises";
import { WeftError } from "../core/model/weft-error.ts";

const POLL_MS = 50;

/** Asks again and again until the answer is yes. @throws WeftError upstream-failed naming what did not happen in time. */
export async function waitUntil(
  check: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs: number,
): Promise<void> {
  for (const deadline = performance.now() + timeoutMs; !(await check()); await pause(POLL_MS))
    if (performance.now() > deadline)
      throw new WeftError("upstream-failed", `${what} did not happen within ${timeoutMs} ms`);
}
