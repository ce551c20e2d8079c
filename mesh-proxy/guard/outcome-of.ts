import type { Outcome } from "../balance/outliers/outlier-book.ts";
import type { RequestRecord } from "../meter/traffic-series.ts";

/** UNKNOWN, DEADLINE_EXCEEDED, INTERNAL, UNAVAILABLE, DATA_LOSS: what HTTP would answer with 5xx. */
const grpcFailures: ReadonlySet<number> = new Set([2, 4, 13, 14, 15]);
const grpcGatewayErrors: ReadonlySet<number> = new Set([4, 14]);

/** What a request says of the endpoint that answered it. */
export function outcomeOf({ statusCode, grpcStatus, durationMs }: RequestRecord): Outcome {
  const isFailure = statusCode >= 500 || grpcFailures.has(grpcStatus);
  const isGatewayError = (statusCode >= 502 && statusCode <= 504) || grpcGatewayErrors.has(grpcStatus);
  return { isFailure, isGatewayError, durationMs };
}
