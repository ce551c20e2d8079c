import { type Backoff, defaultBackoff } from "./backoff.ts";

export interface ReflectorLimits {
  /** Objects a page. */
  readonly pageSize: number;
  /** With more objects than this the last good state stays, and the reflector lists again later. */
  readonly objectsMax: number;
  /** A longer event makes the reflector list again. */
  readonly lineBytesMax: number;
  /** How long one watch lasts at least; up to twice as long, at random. */
  readonly watchTimeoutMs: number;
  /** A watch that is silent for its timeout and this long counts as dead. */
  readonly watchGraceMs: number;
  /** A watch that ends sooner counts as a failure, so that its end is waited after. */
  readonly shortWatchMs: number;
  /** After so many failures in a row that a server has answered with, the reflector lists again. */
  readonly watchFailuresMax: number;
  /** How long an optional kind that the server does not have is not asked for again. */
  readonly absentMs: number;
  readonly backoff: Backoff;
}

export const defaultReflectorLimits: ReflectorLimits = {
  pageSize: 500,
  objectsMax: 200_000,
  lineBytesMax: 8 * 1024 * 1024,
  watchTimeoutMs: 300_000,
  watchGraceMs: 15_000,
  shortWatchMs: 1000,
  watchFailuresMax: 5,
  absentMs: 60_000,
  backoff: defaultBackoff,
};
