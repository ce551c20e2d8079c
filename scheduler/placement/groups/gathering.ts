/** Whether pods that come one after another are a whole group yet. */

export interface GatheringTimes {
  /** A group is whole when nobody has come for so long; Infinity where only its size says so. */
  readonly quietMs: number;
  /** It is planned then in any case. */
  readonly waitMsMax: number;
}

export type Gathering =
  | { readonly kind: "idle" }
  | {
      readonly kind: "gathering";
      readonly sinceMs: number;
      readonly newsAtMs: number;
      /** Everybody who was announced is there. */
      readonly isComplete: boolean;
    }
  /** A plan is being made; `next` is about those who came meanwhile. */
  | { readonly kind: "planning"; readonly next: Gathering };

export type GatheringEvent =
  /** A pod that no plan knows. */
  | "came"
  | "completed"
  /** Nobody waits any more. */
  | "emptied"
  | "began"
  | "ended";

export const idle: Gathering = { kind: "idle" };

export function nextGathering(state: Gathering, event: GatheringEvent, nowMs: number): Gathering {
  if (state.kind === "planning")
    return event === "ended" ? state.next : { kind: "planning", next: nextGathering(state.next, event, nowMs) };
  switch (event) {
    case "came":
      return state.kind === "idle"
        ? { kind: "gathering", sinceMs: nowMs, newsAtMs: nowMs, isComplete: false }
        : { ...state, newsAtMs: nowMs };
    case "completed":
      return state.kind === "idle" ? state : { ...state, isComplete: true };
    case "began":
      return { kind: "planning", next: idle };
    case "emptied":
      return idle;
    case "ended":
      return state;
  }
}

/** When a plan has to begin; undefined while nobody waits, or one is being made. */
export function planDueAtMs(state: Gathering, { quietMs, waitMsMax }: GatheringTimes): number | undefined {
  if (state.kind !== "gathering") return undefined;
  if (state.isComplete) return state.sinceMs;
  return Math.min(state.newsAtMs + quietMs, state.sinceMs + waitMsMax);
}
