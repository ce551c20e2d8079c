/** Calls that never overlap: a while after something has changed, and at the latest when the last call asked for the next. */
import type { Clock } from "../../core/ports/clock.ts";

export interface SerialRounds {
  /** There is something new to look at; told any number of times, it is looked at once. */
  changed(): void;
  /** Ends after the round that is under way. */
  stop(): Promise<void>;
}

export interface SerialRoundsOptions {
  readonly clock: Clock;
  /** How long changes are gathered. */
  readonly debounceMs: number;
  /** Never rejects; answers when it wants to be called again, if nothing changes before. */
  readonly round: () => Promise<number>;
}

/** The first round begins after `debounceMs`. */
export function startSerialRounds({ clock, debounceMs, round }: SerialRoundsOptions): SerialRounds {
  let running: Promise<void> | undefined;
  let isChanged = false;
  let isStopped = false;
  let dueMs = Infinity;
  let cancel = () => {};

  function callAt(atMs: number): void {
    if (isStopped || atMs >= dueMs) return;
    cancel();
    dueMs = atMs;
    cancel = clock.after(Math.max(0, atMs - clock.nowMs()), call);
  }

  function call(): void {
    dueMs = Infinity;
    cancel();
    running = round().then((nextMs) => {
      running = undefined;
      callAt(isChanged ? Math.min(nextMs, clock.nowMs() + debounceMs) : nextMs);
      isChanged = false;
    });
  }

  function changed(): void {
    if (running) isChanged = true;
    else callAt(clock.nowMs() + debounceMs);
  }

  changed();
  return {
    changed,
    async stop() {
      isStopped = true;
      cancel();
      await running;
    },
  };
}
