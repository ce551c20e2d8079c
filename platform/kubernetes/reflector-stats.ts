import { type RestartReason, restartReasons } from "./restart.ts";

/** What a reflector has done since it started, for metrics. */
export interface ReflectorStats {
  /** Complete lists. */
  readonly lists: number;
  readonly pages: number;
  /** Watch connections that the server opened. */
  readonly watches: number;
  /** Bookmarks included. */
  readonly events: number;
  readonly bookmarks: number;
  readonly restarts: Readonly<Record<RestartReason, number>>;
  /** Failures since the last event. */
  readonly failures: number;
  /** Objects known, readable or not. */
  readonly objects: number;
  /** Objects that cannot be read as they are now. */
  readonly malformed: number;
  /** Milliseconds since 1970 of the last complete list and of the last list or event. */
  readonly lastListAtMs: number | undefined;
  readonly lastEventAtMs: number | undefined;
}

export type ReflectorCounters = Omit<ReflectorStats, "objects" | "malformed">;

export const noCounters: ReflectorCounters = {
  lists: 0,
  pages: 0,
  watches: 0,
  events: 0,
  bookmarks: 0,
  restarts: Object.fromEntries(restartReasons.map((reason) => [reason, 0])) as Record<RestartReason, number>,
  failures: 0,
  lastListAtMs: undefined,
  lastEventAtMs: undefined,
};
