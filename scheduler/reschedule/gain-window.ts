/** Hysteresis: a gain counts only when it has been there for a while, so that flows which come and go move nothing. */

export type GainWindow =
  /** The last look found nothing worth doing. */
  | { readonly kind: "shut" }
  /** Every look since then found something. */
  | { readonly kind: "open"; readonly sinceMs: number; readonly lastMs: number };

export interface WindowTimes {
  /** How long a gain has to be there. */
  readonly windowMs: number;
  /** Looks that lie further apart say nothing of the time between them. */
  readonly gapMsMax: number;
}

export const shutWindow: GainWindow = { kind: "shut" };

/** A clock that stepped, to and fro, begins a new window. */
export function nextWindow(window: GainWindow, isWorthIt: boolean, nowMs: number, times: WindowTimes): GainWindow {
  if (!isWorthIt) return shutWindow;
  const isContinued = window.kind === "open" && nowMs >= window.lastMs && nowMs - window.lastMs <= times.gapMsMax;
  return { kind: "open", sinceMs: isContinued ? window.sinceMs : nowMs, lastMs: nowMs };
}

/** Whether the gain has been there for the whole window. */
export function isRipe(window: GainWindow, { windowMs }: WindowTimes): boolean {
  return window.kind === "open" && window.lastMs - window.sinceMs >= windowMs;
}
