/** What became of requests that routes treat, by route. */

export type RetryOutcome =
  /** A request was sent once more. */
  | "sent"
  /** A request that was retried got an answer that is no failure. */
  | "recovered"
  /** It had all its retries, and failed. */
  | "exhausted"
  /** It failed, and there was no budget left for a retry. */
  | "over_budget"
  /** It failed, and is not safe to be sent once more, or not kept whole. */
  | "not_repeatable";

export type RouteEvent =
  | "redirected"
  | "no_backend"
  | "delayed"
  | "aborted"
  | "request_timeout"
  | "attempt_timeout"
  | "mirrored"
  /** A request that was slow to be answered went to a second endpoint, too. */
  | "hedged"
  /** The second endpoint answered first. */
  | "overtaken";

export interface RouteCount<T extends string> {
  readonly route: string;
  readonly what: T;
  count: number;
}

/** Counts of routes that are long gone stay; beyond the limit none is begun. */
const COUNTS_MAX = 1000;

class Counts<T extends string> {
  private readonly byKey = new Map<string, RouteCount<T>>();

  add(route: string, what: T): void {
    const key = `${what} ${route}`;
    const known = this.byKey.get(key);
    if (known !== undefined) known.count++;
    else if (this.byKey.size < COUNTS_MAX) this.byKey.set(key, { route, what, count: 1 });
  }

  all(): Iterable<RouteCount<T>> {
    return this.byKey.values();
  }
}

export class RouteCounters {
  readonly retries = new Counts<RetryOutcome>();
  readonly events = new Counts<RouteEvent>();
}
