export interface LeaseTiming {
  /** A holder that others have not seen renew for this long may be replaced. */
  readonly leaseDurationMs: number;
  /** A leader that could not renew for this long stops leading; shorter than the duration, or two may lead. */
  readonly renewDeadlineMs: number;
  /** Between two tries; those of replicas that do not lead wait up to 2.2 times as long, at random. */
  readonly retryMs: number;
}

/** client-go's. */
export const defaultLeaseTiming: LeaseTiming = { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2000 };
