/** Why a reflector starts over, and from where. */
import { type ApiAnswer, reasonOf } from "./api-failure.ts";
import type { ListOutcome } from "./list-objects.ts";
import type { WatchOutcome } from "./watch-objects.ts";

export const restartReasons = [
  "ended",
  "expired",
  "silent",
  "cut",
  "refused",
  "error",
  "malformed",
  "too-many",
  "unavailable",
] as const;
export type RestartReason = (typeof restartReasons)[number];

export interface Restart {
  readonly reason: RestartReason;
  readonly message: string;
  /** The next step is a list; otherwise the watch goes on where it was. */
  readonly mustList: boolean;
  /** Nothing went wrong: goes on without waiting. */
  readonly isRoutine?: boolean;
  /** What the server asks to wait. */
  readonly retryAfterMs?: number | undefined;
}

export function restartOfList(outcome: Exclude<ListOutcome, { kind: "listed" }>): Restart {
  switch (outcome.kind) {
    case "expired":
      return { reason: "expired", message: "the list expired between two pages", mustList: true };
    case "refused":
      return { ...refusedRestart(outcome), mustList: true };
    case "malformed":
      return { reason: "malformed", message: outcome.reason, mustList: true };
    case "too-many":
      return tooMany(outcome.objectsMax);
  }
}

/** After a malformed event the watch cannot go on: what it said is lost, and only a list brings it back. */
export function restartOfWatch(outcome: WatchOutcome): Restart {
  switch (outcome.kind) {
    case "ended":
      return { reason: "ended", message: "the server ended the watch", mustList: false };
    case "expired":
      return { reason: "expired", message: "the resource version is gone", mustList: true };
    case "silent":
      return { reason: "silent", message: "the watch said nothing for too long", mustList: false };
    case "cut":
    case "error":
      return { reason: outcome.kind, message: outcome.reason, mustList: false };
    case "malformed":
      return { reason: "malformed", message: outcome.reason, mustList: true };
    case "refused":
      return { ...refusedRestart(outcome), mustList: !isBusy(outcome.answer) };
    case "too-many":
      return tooMany(outcome.objectsMax);
  }
}

function refusedRestart({ answer }: Extract<WatchOutcome, { kind: "refused" }>): Omit<Restart, "mustList"> {
  const message = `${reasonOf(answer)} (HTTP ${answer.statusCode})`;
  return { reason: "refused", message, retryAfterMs: answer.retryAfterMs };
}

/** A server that has too much to do is not asked for a list on top. */
function isBusy({ statusCode }: ApiAnswer): boolean {
  return statusCode === 429 || statusCode >= 500;
}

function tooMany(objectsMax: number): Restart {
  return { reason: "too-many", message: `there are more than ${objectsMax} objects`, mustList: true };
}
