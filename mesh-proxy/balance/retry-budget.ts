/**
 * How many retries may go to a service, so that retries never make an overload worse: a part of its requests of the last ten seconds,
 * or so many in this second, whichever is more (Gateway API, GEP-3388). Memory O(1).
 */

export interface RetryBudgetLimits {
  /** Retries in a hundred requests. */
  readonly percent: number;
  /** Retries a second that are always allowed. */
  readonly perSecondMin: number;
}

const SECONDS = 10;

export class RetryBudget {
  private readonly limits: RetryBudgetLimits;
  /** By second, the newest at `second % SECONDS`. */
  private readonly requests = new Float64Array(SECONDS);
  private readonly retries = new Float64Array(SECONDS);
  private second = 0;

  constructor(limits: RetryBudgetLimits) {
    this.limits = limits;
  }

  requested(nowMs: number): void {
    const at = this.advance(nowMs);
    this.requests[at] = (this.requests[at] as number) + 1;
  }

  /** Takes one retry out of the budget. @returns false when none is left */
  take(nowMs: number): boolean {
    const at = this.advance(nowMs);
    const now = this.retries[at] as number;
    const isWithinPart = sum(this.retries) + 1 <= (this.limits.percent / 100) * sum(this.requests);
    if (!isWithinPart && now >= this.limits.perSecondMin) return false;
    this.retries[at] = now + 1;
    return true;
  }

  /** Forgets what is too old. @returns where this second counts */
  private advance(nowMs: number): number {
    const second = Math.max(this.second, Math.floor(nowMs / 1000));
    const passed = Math.min(SECONDS, second - this.second);
    for (let step = 1; step <= passed; step++) {
      const at = (this.second + step) % SECONDS;
      this.requests[at] = 0;
      this.retries[at] = 0;
    }
    if (passed === SECONDS) {
      this.requests.fill(0);
      this.retries.fill(0);
    }
    this.second = second;
    return second % SECONDS;
  }
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
