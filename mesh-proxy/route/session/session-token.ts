/**
 * What a client is given of its session: which endpoint has it, and of sessions that end by themselves when it began and was last
 * answered. Nobody keeps anything, so that a proxy that is started anew, or another worker, knows the session as well. The
 * endpoint is a hash of its pod's name: a client learns no names, and whoever makes one up reaches what it may reach anyway.
 */

export interface SessionToken {
  /** Sixteen hexadecimal digits. */
  readonly endpoint: string;
  /** Seconds since the epoch; undefined of sessions that do not end by themselves. */
  readonly times: SessionTimes | undefined;
}

export interface SessionTimes {
  readonly beganS: number;
  readonly answeredS: number;
}

/** `0123456789abcdef`, or with its times in base 36 `0123456789abcdef-t2yjk0-t2yjk9`. */
export function formatSessionToken({ endpoint, times }: SessionToken): string {
  if (times === undefined) return endpoint;
  return `${endpoint}-${times.beganS.toString(36)}-${times.answeredS.toString(36)}`;
}

/** @returns undefined for whatever no proxy wrote */
export function parseSessionToken(text: string): SessionToken | undefined {
  if (text.length > 40) return undefined;
  const [, endpoint, began, answered] = /^([0-9a-f]{16})(?:-([0-9a-z]{1,8})-([0-9a-z]{1,8}))?$/.exec(text) ?? [];
  if (endpoint === undefined) return undefined;
  if (began === undefined || answered === undefined) return { endpoint, times: undefined };
  return { endpoint, times: { beganS: Number.parseInt(began, 36), answeredS: Number.parseInt(answered, 36) } };
}
