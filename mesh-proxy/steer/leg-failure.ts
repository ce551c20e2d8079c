/** What becomes of a request whose leg fails before its answer. */
export interface LegFailure {
  readonly statusCode: number;
  readonly code: string;
  /** On another leg, if it is safe to. */
  readonly mayRepeat: boolean;
}

export const brokenLeg: LegFailure = { statusCode: 502, code: "upstream-failed", mayRepeat: true };

export function requestTimeout(mayRepeat: boolean): LegFailure {
  return { statusCode: 504, code: "request-timeout", mayRepeat };
}
