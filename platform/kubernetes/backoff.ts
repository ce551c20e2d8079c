/** How long to wait after the n-th failure in a row. */
export interface Backoff {
  readonly initialMs: number;
  readonly maxMs: number;
}

/** client-go's, for its reflectors. */
export const defaultBackoff: Backoff = { initialMs: 800, maxMs: 30_000 };

/**
 * Doubles from `initialMs` up to `maxMs`, less a random share of up to a half, so that clients which failed together do not
 * come back together. `random` is in [0, 1).
 */
export function backoffMs({ initialMs, maxMs }: Backoff, failures: number, random: number): number {
  const fullMs = Math.min(maxMs, initialMs * 2 ** Math.min(failures - 1, 30));
  return fullMs * (1 - random / 2);
}
