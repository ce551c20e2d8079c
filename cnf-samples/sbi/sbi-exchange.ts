/** One request and its response on an HTTP/2 session. */
import * as http2 from "node:http2";
import { jsonType, type SbiReply } from "./problem-details.ts";

export interface SbiCall {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type ExchangeOutcome =
  | { readonly kind: "reply"; readonly reply: SbiReply }
  /** The upstream has not begun with it: safe to send again. */
  | { readonly kind: "unprocessed"; readonly reason: string }
  | { readonly kind: "lost"; readonly reason: string }
  | { readonly kind: "timeout" };

export interface ExchangeOptions {
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly bodyBytesMax: number;
}

export function exchange(
  session: http2.ClientHttp2Session,
  call: SbiCall,
  options: ExchangeOptions,
): Promise<ExchangeOutcome> {
  return new Promise((resolve) => {
    const stream = openStream(session, call, options);
    if (typeof stream === "string") {
      resolve({ kind: "unprocessed", reason: stream });
      return;
    }
    const timer = setTimeout(() => {
      resolve({ kind: "timeout" });
      stream.close(http2.constants.NGHTTP2_CANCEL);
    }, options.timeoutMs);
    const settle = (outcome: ExchangeOutcome) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    collectReply(stream, options.bodyBytesMax, settle);
  });
}

function openStream(
  session: http2.ClientHttp2Session,
  call: SbiCall,
  options: ExchangeOptions,
): http2.ClientHttp2Stream | string {
  const body = call.body === undefined ? undefined : Buffer.from(JSON.stringify(call.body));
  const headers: http2.OutgoingHttpHeaders = {
    ":method": call.method,
    ":path": call.path,
    accept: "application/json, application/problem+json",
    "user-agent": options.userAgent,
    "3gpp-sbi-max-rsp-time": String(options.timeoutMs),
    ...call.headers,
    ...(body && { "content-type": call.contentType ?? jsonType, "content-length": body.length }),
  };
  try {
    const stream = session.request(headers, { endStream: body === undefined });
    if (body) stream.end(body);
    return stream;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function collectReply(
  stream: http2.ClientHttp2Stream,
  bodyBytesMax: number,
  settle: (outcome: ExchangeOutcome) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  let status = 0;
  let headers: Record<string, string> = {};
  let failure = "";
  stream.on("response", (received) => {
    status = received[":status"] ?? 0;
    headers = plainHeaders(received);
  });
  stream.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length <= bodyBytesMax) chunks.push(chunk);
    else stream.close(http2.constants.NGHTTP2_ENHANCE_YOUR_CALM);
  });
  stream.on("error", (error: NodeJS.ErrnoException) => {
    failure = error.code ?? error.message;
  });
  stream.once("close", () => {
    const isWhole = status > 0 && failure === "" && length <= bodyBytesMax && stream.readableEnded;
    if (isWhole) settle(readReply(status, headers, Buffer.concat(chunks)));
    else if (isUnprocessed(stream, failure, status)) settle({ kind: "unprocessed", reason: failure });
    else settle({ kind: "lost", reason: length > bodyBytesMax ? "response too large" : failure || "stream closed" });
  });
}

function readReply(status: number, headers: Record<string, string>, text: Buffer): ExchangeOutcome {
  if (text.length === 0) return { kind: "reply", reply: { status, headers } };
  try {
    return { kind: "reply", reply: { status, headers, body: JSON.parse(text.toString("utf8")) } };
  } catch {
    return { kind: "lost", reason: "the response is not JSON" };
  }
}

function isUnprocessed(stream: http2.ClientHttp2Stream, failure: string, status: number): boolean {
  if (status > 0) return false;
  const neverStarted = ["ECONNREFUSED", "ERR_HTTP2_GOAWAY_SESSION", "ERR_HTTP2_INVALID_SESSION", "ENOTFOUND"];
  return neverStarted.includes(failure) || stream.rstCode === http2.constants.NGHTTP2_REFUSED_STREAM;
}

function plainHeaders(headers: http2.IncomingHttpHeaders): Record<string, string> {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === "string" && !name.startsWith(":")) plain[name] = value;
  }
  return plain;
}
