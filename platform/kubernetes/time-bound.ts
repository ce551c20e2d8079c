import type { Clock } from "../../core/ports/clock.ts";

/** A signal that is aborted with another one, or after a time unless it was ended before. */
export interface TimeBound {
  readonly signal: AbortSignal;
  hasTimedOut(): boolean;
  end(): void;
}

export interface TimeBoundOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

export function timeBound(clock: Clock, { signal, timeoutMs = 30_000 }: TimeBoundOptions): TimeBound {
  const timeout = new AbortController();
  const end = clock.after(timeoutMs, () => timeout.abort());
  return {
    signal: signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal,
    hasTimedOut: () => timeout.signal.aborted,
    end,
  };
}
