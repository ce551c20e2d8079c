import { performance } from "node:perf_hooks";
import type { Clock } from "../../core/ports/clock.ts";

export interface SystemClockOptions {
  /** Whether a waiting timer keeps the process alive; true unless told. Timers of work that nobody waits for say false. */
  readonly holdsProcess?: boolean;
}

/** Node's timers take no longer delay; a longer one fires at once there, and here it waits this long. */
const delayMsMax = 2 ** 31 - 1;

/**
 * The machine's clock. It starts at the wall clock and then only goes forward, so that differences stay true when somebody
 * sets the wall clock.
 */
export function createSystemClock({ holdsProcess = true }: SystemClockOptions = {}): Clock {
  // A getter of Node's, and requests ask for the time more than once.
  const originMs = performance.timeOrigin;
  const held = (timer: NodeJS.Timeout) => (holdsProcess ? timer : timer.unref());
  return {
    nowMs: () => originMs + performance.now(),
    after(delayMs, call) {
      const timer = held(setTimeout(call, boundedDelayMs(delayMs)));
      return () => clearTimeout(timer);
    },
    every(intervalMs, call) {
      const timer = held(setInterval(call, boundedDelayMs(intervalMs)));
      return () => clearInterval(timer);
    },
  };
}

function boundedDelayMs(delayMs: number): number {
  return Math.min(Math.max(delayMs, 0), delayMsMax);
}
