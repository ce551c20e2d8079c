import type { ResponseFlag } from "../observe/response-flag.ts";

/** What becomes of a request whose leg fails before its answer. */
export interface LegFailure {
  readonly statusCode: number;
  readonly code: string;
  /** On another leg, if it is safe to. */
  readonly mayRepeat: boolean;
  /** Of which the break does not tell. */
  readonly flag?: ResponseFlag;
}

export const brokenLeg: LegFailure = { statusCode: 502, code: "upstream-failed", mayRepeat: true };
export const malformedAnswer: LegFailure = { ...brokenLeg, flag: "UPE" };
export const lateAnswer: LegFailure = { ...brokenLeg, flag: "UT" };

export function requestTimeout(mayRepeat: boolean): LegFailure {
  return { statusCode: 504, code: "request-timeout", mayRepeat, flag: "UT" };
}
