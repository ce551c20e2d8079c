import type { RefusalReason } from "../meter/own-metrics.ts";

/** Whether it is this pod that refuses, so that it is to be passed over; otherwise something behind it is missing. */
export function isOwnFault(by: RefusalReason): boolean {
  return by === "app_refused" || by === "function_refused";
}
