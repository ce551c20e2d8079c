/** What requests are told that a limit turns away. */
import type { TokenBucket } from "../balance/token-bucket.ts";
import type { ServiceGuard } from "./service-guard.ts";

export interface LimitAnswer {
  readonly statusCode: 429 | 503;
  readonly code: string;
  readonly reason: string;
  /** Names in lower case and values, in turn. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** With when to come again (RFC 9110, section 10.2.3), and how it is limited (draft-ietf-httpapi-ratelimit-headers-10). */
export function rateAnswer(bucket: TokenBucket, nowMs: number): LimitAnswer {
  const { requests, periodMs } = bucket.limits;
  const seconds = Math.max(1, Math.ceil(bucket.waitMs(nowMs) / 1000));
  return {
    statusCode: 429,
    code: "rate-limit",
    reason: `more than ${requests} requests in ${periodMs / 1000} s`,
    headers: [
      ["retry-after", String(seconds)],
      ["ratelimit-policy", `"weft";q=${requests};w=${periodMs / 1000}`],
      ["ratelimit", `"weft";r=0;t=${seconds}`],
    ],
  };
}

export function parallelAnswer({ namespace, service }: ServiceGuard): LimitAnswer {
  const reason = `there are as many requests to ${namespace}/${service} under way as there may be`;
  return { statusCode: 503, code: "max-parallel-requests", reason, headers: [] };
}

export function pendingAnswer({ namespace, service }: ServiceGuard): LimitAnswer {
  const reason = `as many requests to ${namespace}/${service} wait for a connection as may`;
  return { statusCode: 503, code: "max-pending-requests", reason, headers: [] };
}
