/** A rate limit: a bucket of tokens that fills up evenly, and of which each request or connection takes one. */
import type { RateLimit } from "../../core/model/traffic-policy.ts";

export class TokenBucket {
  limits: RateLimit;
  private tokens: number;
  private atMs: number;

  /** Full. */
  constructor(limits: RateLimit, nowMs: number) {
    this.limits = limits;
    this.tokens = limits.burst;
    this.atMs = nowMs;
  }

  /** @returns whether there was a token. O(1). */
  take(nowMs: number): boolean {
    this.fill(nowMs);
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }

  /** Until there is one, ms; 0 when there is. */
  waitMs(nowMs: number): number {
    this.fill(nowMs);
    if (this.tokens >= 1) return 0;
    return ((1 - this.tokens) * this.limits.periodMs) / this.limits.requests;
  }

  /** Whole tokens that are there. */
  remaining(nowMs: number): number {
    this.fill(nowMs);
    return Math.floor(this.tokens);
  }

  /** A clock that steps back gives nothing. */
  private fill(nowMs: number): void {
    const { requests, periodMs, burst } = this.limits;
    const gained = (Math.max(0, nowMs - this.atMs) * requests) / periodMs;
    this.tokens = Math.min(burst, this.tokens + gained);
    this.atMs = nowMs;
  }
}
