import { Buffer } from "node:buffer";
import { HeaderFields } from "../../codec/http2/header-fields.ts";
import { Http2Session, type SessionEvents } from "../../codec/http2/session/http2-session.ts";
import { ReadBuffers } from "../../relay/read-buffers.ts";
import type { Asking } from "./check-endpoint.ts";

const LIMITS = { streamsMax: 1, headerListBytesMax: 8192, windowBytes: 65_535 };
/** A response of `grpc.health.v1`: prefix, tag of field 1, status. */
const MESSAGE_BYTES_MAX = 64;
const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 1]);
/** Checks are few and small. */
const buffers = new ReadBuffers(16 * 1024);

/** Calls `grpc.health.v1.Health/Check` (the gRPC health checking protocol): anything but SERVING is unsound. */
export function askGrpc({ socket, check, authority, nowMs, answer }: Asking): void {
  let message = Buffer.alloc(0);
  const judge = (grpcStatus: string | undefined) => {
    if (grpcStatus !== undefined && grpcStatus !== "0") answer(`answers with the gRPC status ${grpcStatus}`);
    else if (message.equals(SERVING)) answer();
    else answer("is not serving");
  };
  const events: SessionEvents<undefined> = {
    request() {},
    response(_, fields, isEnd, isInterim) {
      if (isInterim) return;
      const status = fields.get(":status");
      if (status !== "200") answer(`answers ${status}`);
      else if (isEnd) judge(fields.get("grpc-status") ?? "2");
    },
    trailers: (_, fields) => judge(fields.get("grpc-status")),
    data(stream, bytes, from, to, isEnd) {
      message = Buffer.concat([message, bytes.subarray(from, Math.min(to, from + MESSAGE_BYTES_MAX))]);
      session.drained(stream, to - from);
      if (message.length > MESSAGE_BYTES_MAX) answer("answers out of protocol");
      else if (isEnd) judge(undefined);
    },
    reset: (_, code) => answer(`resets the request, code ${code}`),
    windowOpened() {},
    goAway: () => answer("goes away"),
    failed: (_, reason) => answer(`answers out of protocol: ${reason}`),
  };
  const session = new Http2Session<undefined>("client", { limits: LIMITS, buffers, events });
  const flush = () => {
    const { out } = session;
    if (out.byteCount === 0) return;
    const isFlushed = socket.write(out.bytes, 0, out.byteCount);
    out.sent(isFlushed);
  };
  socket.onBytes = (bytes, from, to) => {
    session.take(bytes, from, to, nowMs());
    flush();
    return true;
  };
  session.start();
  const stream = session.open(undefined);
  if (stream === undefined) {
    answer("takes no request");
    return;
  }
  const request = requestOf(check.service);
  session.sendHeaders(stream, headersOf(authority), false);
  session.sendData(stream, request, 0, request.length, true);
  flush();
}

function headersOf(authority: string): HeaderFields {
  return HeaderFields.of(
    ...[":method", "POST", ":scheme", "http", ":path", "/grpc.health.v1.Health/Check", ":authority", authority],
    ...["content-type", "application/grpc", "te", "trailers", "user-agent", "weft-health-check"],
  );
}

/** `service` is field 1, a text of at most 256 bytes. */
function requestOf(service: string): Buffer {
  const text = Buffer.from(service);
  const length = text.length < 128 ? [text.length] : [(text.length & 127) | 128, text.length >> 7];
  const message = text.length === 0 ? text : Buffer.concat([Buffer.from([0x0a, ...length]), text]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
