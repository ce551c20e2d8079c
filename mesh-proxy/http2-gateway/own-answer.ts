/** The proxy's own answer to a request of HTTP/2 that it cannot pass on; its shape is that of HTTP/1.1's. */
import { Buffer } from "node:buffer";
import { HeaderFields } from "../codec/http2/header-fields.ts";

export interface OwnAnswer {
  readonly statusCode: number;
  readonly code: string;
  readonly reason: string;
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
}

export function encodeAnswer({ statusCode, code, reason, headers = [] }: OwnAnswer): {
  readonly fields: HeaderFields;
  readonly body: Buffer;
} {
  const body = Buffer.from(`${JSON.stringify({ error: { code, message: reason } })}\n`);
  const fields = HeaderFields.of(
    ":status",
    String(statusCode),
    "content-type",
    "application/json",
    "content-length",
    String(body.length),
    ...headers.flat(),
  );
  return { fields, body };
}
