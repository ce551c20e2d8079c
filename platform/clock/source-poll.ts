/** Asks for measurements again and again; while nobody answers, the last answer stays. */
import { messageOf } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";

export interface SourcePoll<T> {
  /** What is asked for, as the log has it. */
  readonly what: string;
  readonly source: (signal: AbortSignal) => Promise<T>;
  readonly reads: { inc(labels: { readonly outcome: "read" | "failed" }): void };
  /** Where there is nobody to ask, nothing is asked; there is somebody unless told. */
  readonly hasTargets?: () => boolean;
  /** Called with every answer. */
  readonly onAnswer: (answer: T) => void;
}

export interface SourcePollDeps {
  readonly intervalMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Asks at once; a question still open when the next is due is not joined by another. The answer ends it. */
export function startSourcePoll<T>(
  { what, source, reads, onAnswer, hasTargets = () => true }: SourcePoll<T>,
  { intervalMs, clock, log }: SourcePollDeps,
): () => Promise<void> {
  const stopping = new AbortController();
  let isFailing = false;
  let open: Promise<void> | undefined;

  async function ask(): Promise<void> {
    try {
      onAnswer(await source(stopping.signal));
      reads.inc({ outcome: "read" });
      if (isFailing) log.info(`${what} can be read again`);
      isFailing = false;
    } catch (error) {
      if (stopping.signal.aborted) return;
      reads.inc({ outcome: "failed" });
      if (!isFailing) log.warn(`${what} cannot be read`, { reason: messageOf(error) });
      isFailing = true;
    }
  }

  function poll(): void {
    if (!hasTargets()) return;
    open ??= ask().finally(() => {
      open = undefined;
    });
  }

  poll();
  const cancel = clock.every(intervalMs, poll);
  return async () => {
    cancel();
    stopping.abort();
    await open;
  };
}
