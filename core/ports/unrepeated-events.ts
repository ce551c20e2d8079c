import type { EventRecorder, ObjectEvent } from "./event-recorder.ts";

export interface UnrepeatedOptions {
  nowMs(): number;
  /** So long an equal event is not recorded again. */
  readonly repeatAfterMs: number;
  /** Events remembered; the oldest are forgotten first. */
  readonly eventsMax: number;
}

/** Leaves out events that are equal to one recorded a moment ago: an object that turns to and fro is told of once. */
export function unrepeated(recorder: EventRecorder, options: UnrepeatedOptions): EventRecorder {
  /** When each was recorded, oldest first. */
  const recordedAtMs = new Map<string, number>();

  function isRepeated(key: string, nowMs: number): boolean {
    const sinceMs = nowMs - (recordedAtMs.get(key) ?? -Infinity);
    // Less than nothing: the clock has stepped back, and how long ago it was is not known.
    return sinceMs >= 0 && sinceMs < options.repeatAfterMs;
  }

  function remember(key: string, nowMs: number): void {
    recordedAtMs.delete(key);
    recordedAtMs.set(key, nowMs);
    const [oldest] = recordedAtMs.keys();
    if (recordedAtMs.size > options.eventsMax && oldest !== undefined) recordedAtMs.delete(oldest);
  }

  return {
    async record(event) {
      const [key, nowMs] = [keyOf(event), options.nowMs()];
      if (isRepeated(key, nowMs)) return;
      remember(key, nowMs);
      try {
        await recorder.record(event);
      } catch (error) {
        recordedAtMs.delete(key);
        throw error;
      }
    },
  };
}

function keyOf({ regarding, type, reason, message }: ObjectEvent): string {
  const { apiVersion, kind, namespace, name, uid } = regarding;
  return JSON.stringify([apiVersion, kind, namespace, name, uid, type, reason, message]);
}
