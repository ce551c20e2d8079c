import type { EventRecorder, ObjectEvent } from "../../core/ports/event-recorder.ts";

export interface MemoryEventRecorder extends EventRecorder {
  /** The latest, oldest first. */
  readonly events: readonly ObjectEvent[];
}

/** @param eventsMax older ones are forgotten. */
export function createMemoryEventRecorder(eventsMax: number): MemoryEventRecorder {
  const events: ObjectEvent[] = [];
  return {
    events,
    async record(event) {
      events.push(event);
      if (events.length > eventsMax) events.shift();
    },
  };
}
