/** How often something may happen: `burst` times at once, and so often per second in the long run. */
export class Allowance {
  private readonly burst: number;
  private readonly perSecond: number;
  private left: number;
  private atMs: number | undefined;

  constructor(burst: number, perSecond: number) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.left = burst;
  }

  /** @returns whether it may happen once more. */
  take(nowMs: number): boolean {
    const sinceMs = nowMs - (this.atMs ?? nowMs);
    this.atMs = nowMs;
    this.left = Math.min(this.burst, this.left + (sinceMs * this.perSecond) / 1000) - 1;
    return this.left >= 0;
  }
}
