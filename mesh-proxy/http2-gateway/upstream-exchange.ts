/** A request on a stream of an upstream connection, and what is recorded of it when it is over. */
import type { RequestRecord } from "../meter/traffic-series.ts";
import type { StreamOwner } from "./stream-owner.ts";
import type { StreamEnd } from "./stream-pipe.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";

export interface UpstreamExchange extends StreamEnd {
  readonly connection: UpstreamConnection;
  readonly startMs: number;
}

/** @returns undefined when the connection takes no more streams. */
export function openExchange(owner: StreamOwner, connection: UpstreamConnection): UpstreamExchange | undefined {
  const { at } = connection;
  const stream = at.session.open(owner);
  if (stream === undefined) return undefined;
  connection.began();
  return { connection, at, stream, startMs: connection.nowMs() };
}

/** Has the exchange counted. Call once. */
export function recordExchange(
  { connection, stream, startMs }: UpstreamExchange,
  { statusCode, grpcStatus }: Pick<RequestRecord, "statusCode" | "grpcStatus">,
): RequestRecord {
  const durationMs = connection.nowMs() - startMs;
  const { sentBytes: requestBytes, receivedBytes: responseBytes } = stream;
  const record = { statusCode, grpcStatus, durationMs, requestBytes, responseBytes };
  connection.record(record);
  return record;
}
