/** HTTP/2 frames by hand, and what a scanner finds in them in a form that two runs can be compared by. */
import { Buffer } from "node:buffer";
import { HTTP2_EVENT } from "../../mesh-proxy/codec/http2/http2-event.ts";
import type { Http2Scanner } from "../../mesh-proxy/codec/http2/http2-scanner.ts";
import { chunksOf } from "./http1-events.ts";

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
export const settings = frame(4, 0, 0);

/** `payload` is bytes, or hexadecimal digits. */
export function frame(type: number, flags: number, streamId: number, payload: Buffer | string = ""): Buffer {
  const bytes = typeof payload === "string" ? Buffer.from(payload, "hex") : payload;
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, bytes]);
}

/** SETTINGS with one entry. */
export function setting(id: number, value: number): Buffer {
  const entry = Buffer.alloc(6);
  entry.writeUInt16BE(id, 0);
  entry.writeUInt32BE(value, 2);
  return frame(4, 0, 0, entry);
}

export function http2Events(scanner: Http2Scanner, parts: readonly Buffer[], cuts: readonly number[] = []): string[] {
  const bytes = Buffer.concat(parts);
  const events: string[] = [];
  for (const [start, end] of chunksOf(bytes.length, cuts)) {
    const chunk = Buffer.alloc(end - start + 6, 0xff);
    bytes.copy(chunk, 3, start, end);
    if (!scanChunk(scanner, chunk, events)) break;
  }
  return events;
}

function scanChunk(scanner: Http2Scanner, chunk: Buffer, events: string[]): boolean {
  const to = chunk.length - 3;
  let offset = 3;
  for (let calls = 0; calls < chunk.length + 10; calls++) {
    const event = scanner.next(chunk, offset, to);
    if (scanner.offset < offset || scanner.offset > to)
      throw new Error(`offset ${scanner.offset} is not in ${offset}..${to}`);
    offset = scanner.offset;
    if (event === HTTP2_EVENT.needMore) {
      if (offset !== to) throw new Error("needMore with bytes left");
      return true;
    }
    events.push(textOf(scanner, event));
    if (event === HTTP2_EVENT.rejected) return false;
  }
  throw new Error("the scanner does not come to an end");
}

function textOf(scanner: Http2Scanner, event: number): string {
  switch (event) {
    case HTTP2_EVENT.requestStarted:
      return `started ${scanner.streamId} method ${scanner.method} path ${scanner.path}`;
    case HTTP2_EVENT.requestEnded:
      return `${scanner.wasReset ? "reset" : "ended"} ${scanner.streamId} up ${scanner.bytesUp} down ${scanner.bytesDown} status ${scanner.statusCode} grpc ${scanner.grpcStatus}`;
    case HTTP2_EVENT.goAway:
      return `goaway above ${scanner.streamId} for ${scanner.errorCode}`;
    default:
      return `rejected ${scanner.reason}`;
  }
}
