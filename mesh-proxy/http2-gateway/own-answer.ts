/** The proxy's own answers to requests of HTTP/2; their shape is that of HTTP/1.1's, or what gRPC's clients understand. */
import { Buffer } from "node:buffer";
import { GRPC_STATUS } from "../codec/grpc-status.ts";
import { HeaderFields } from "../codec/http2/header-fields.ts";
import type { OwnAnswer } from "../steer/error-answer.ts";

export interface EncodedAnswer {
  readonly fields: HeaderFields;
  /** Undefined where the fields are all. */
  readonly body: Buffer | undefined;
}

export function encodeAnswer(answer: OwnAnswer, request: HeaderFields): EncodedAnswer {
  if (isGrpc(request)) return { fields: grpcFields(answer), body: undefined };
  const { statusCode, code, reason, location, headers = [] } = answer;
  const body = Buffer.from(`${JSON.stringify({ error: { code, message: reason } })}\n`);
  const fields = HeaderFields.of(
    ...[":status", String(statusCode)],
    ...(location === undefined ? [] : ["location", location]),
    ...["content-type", "application/json", "content-length", String(body.length)],
    ...headers.flat(),
  );
  return { fields, body: request.get(":method") === "HEAD" ? undefined : body };
}

function isGrpc(request: HeaderFields): boolean {
  return request.get("content-type")?.startsWith("application/grpc") === true;
}

/** Trailers only (gRPC over HTTP/2, Responses). */
function grpcFields({ statusCode, reason }: OwnAnswer): HeaderFields {
  return HeaderFields.of(
    ...[":status", "200", "content-type", "application/grpc"],
    ...["grpc-status", String(grpcStatusOf(statusCode)), "grpc-message", percentEncoded(reason)],
  );
}

/** As gRPC maps status codes of HTTP; 500 and 504 are the proxy's own: a route without a backend, and one whose time was over. */
function grpcStatusOf(statusCode: number): number {
  switch (statusCode) {
    case 400:
      return GRPC_STATUS.internal;
    case 403:
      return GRPC_STATUS.permissionDenied;
    case 404:
      return GRPC_STATUS.unimplemented;
    case 431:
      return GRPC_STATUS.resourceExhausted;
    case 504:
      return GRPC_STATUS.deadlineExceeded;
    case 429:
    case 500:
    case 502:
    case 503:
      return GRPC_STATUS.unavailable;
    default:
      return GRPC_STATUS.unknown;
  }
}

/** Of printable ASCII only `%` needs it. */
function percentEncoded(text: string): string {
  return text.toWellFormed().replace(/[^ -$&-~]/gu, (one) => encodeURIComponent(one));
}
