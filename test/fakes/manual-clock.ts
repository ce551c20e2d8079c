import type { Clock } from "../../core/ports/clock.ts";

/** A clock that moves only when told; calls that fall due happen in order of time, then of registration. */
export interface ManualClock extends Clock {
  /** Moves on, and makes the calls that fall due on the way at the time they are due. */
  advance(ms: number): void;
  /** The same, and after each call lets everything run that waits for a promise. */
  advanceAsync(ms: number): Promise<void>;
  /** How many calls wait. */
  readonly pending: number;
  /** The delays of waiting calls from now, shortest first. */
  readonly pendingDelaysMs: readonly number[];
}

interface Timer {
  dueMs: number;
  readonly order: number;
  readonly intervalMs: number | undefined;
  readonly call: () => void;
}

export function createManualClock(startMs = Date.UTC(2030, 0, 1)): ManualClock {
  const timers = new Set<Timer>();
  let nowMs = startMs;
  let order = 0;

  function add(delayMs: number, intervalMs: number | undefined, call: () => void): () => void {
    const timer: Timer = { dueMs: nowMs + Math.max(delayMs, 0), order: order++, intervalMs, call };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  function nextDue(untilMs: number): Timer | undefined {
    const due = [...timers].filter(({ dueMs }) => dueMs <= untilMs);
    return due.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order)[0];
  }

  function fire(timer: Timer): void {
    nowMs = timer.dueMs;
    if (timer.intervalMs === undefined) timers.delete(timer);
    else timer.dueMs += Math.max(timer.intervalMs, 1);
    timer.call();
  }

  return {
    nowMs: () => nowMs,
    after: (delayMs, call) => add(delayMs, undefined, call),
    every: (intervalMs, call) => add(intervalMs, intervalMs, call),
    advance(ms) {
      const untilMs = nowMs + ms;
      for (let timer = nextDue(untilMs); timer; timer = nextDue(untilMs)) fire(timer);
      nowMs = untilMs;
    },
    async advanceAsync(ms) {
      const untilMs = nowMs + ms;
      await settle();
      for (let timer = nextDue(untilMs); timer; timer = nextDue(untilMs)) {
        fire(timer);
        await settle();
      }
      nowMs = untilMs;
    },
    get pending() {
      return timers.size;
    },
    get pendingDelaysMs() {
      return [...timers].map(({ dueMs }) => dueMs - nowMs).sort((a, b) => a - b);
    },
  };
}

/** One turn of the event loop, in which every promise that can be kept is kept. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
