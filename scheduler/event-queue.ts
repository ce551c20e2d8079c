/** Events on their way to the API server: who has something to say waits for nothing. */
import type { Counter } from "prom-client";
import { messageOf } from "../core/model/weft-error.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { EventRecorder, ObjectEvent } from "../core/ports/event-recorder.ts";
import type { Log } from "../core/ports/log.ts";

export interface EventQueueDeps {
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  /** Events by what became of them: `written`, `failed`, `dropped`. */
  readonly counter: Counter<"outcome">;
}

export interface EventQueueLimits {
  /** Events written in a second. */
  readonly perSecondMax: number;
  /** More events than this do not wait: the new ones are dropped. */
  readonly queueLengthMax: number;
}

export interface EventQueue {
  /** Never throws. An event that cannot be written is lost: nothing depends on it. */
  add(event: ObjectEvent): void;
  /** Ends the write that is under way, and drops what waits. */
  stop(): Promise<void>;
}

/** One at a time, and never faster than the limit. */
export function startEventQueue(deps: EventQueueDeps, { perSecondMax, queueLengthMax }: EventQueueLimits): EventQueue {
  const { recorder, clock, log, counter } = deps;
  const waiting: ObjectEvent[] = [];
  let isIdle = true;
  let isStopped = false;
  let isFailing = false;
  let writing: Promise<void> | undefined;
  let cancelNext = () => {};

  async function write(event: ObjectEvent): Promise<void> {
    try {
      await recorder.record(event);
      counter.inc({ outcome: "written" });
      if (isFailing) log.info("events can be recorded again");
      isFailing = false;
    } catch (error) {
      counter.inc({ outcome: "failed" });
      if (!isFailing) log.warn("events cannot be recorded", { reason: messageOf(error) });
      isFailing = true;
    }
  }

  function next(): void {
    const event = waiting.shift();
    isIdle = event === undefined;
    if (!event) return;
    writing = write(event).finally(() => {
      if (!isStopped) cancelNext = clock.after(1000 / perSecondMax, next);
    });
  }

  return {
    add(event) {
      if (isStopped || waiting.length >= queueLengthMax) return counter.inc({ outcome: "dropped" });
      waiting.push(event);
      if (isIdle) next();
    },
    async stop() {
      isStopped = true;
      cancelNext();
      counter.inc({ outcome: "dropped" }, waiting.splice(0).length);
      await writing;
    },
  };
}
