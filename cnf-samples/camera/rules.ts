/** When frames are due. */

export interface FramePlan {
  readonly framesPerSecond: number;
  /** Time in which frames are sent; undefined: no end. */
  readonly durationMs?: number | undefined;
}

/** Frames that should have been sent `elapsedMs` after the start: the load is open, it does not wait for answers. */
export function framesBy({ framesPerSecond, durationMs }: FramePlan, elapsedMs: number): number {
  const withinMs = Math.max(0, Math.min(elapsedMs, durationMs ?? elapsedMs));
  return Math.floor((withinMs * framesPerSecond) / 1000);
}

/** True when no further frame will be sent. */
export function isOver({ durationMs }: FramePlan, elapsedMs: number): boolean {
  return durationMs !== undefined && elapsedMs >= durationMs;
}
