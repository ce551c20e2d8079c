/** An end of an HTTP/2 connection in words, and a client's connection with all that a client may send. */
import { Buffer } from "node:buffer";
import { ERROR_CODE } from "../../mesh-proxy/codec/http2/error-code.ts";
import { FRAME } from "../../mesh-proxy/codec/http2/frame.ts";
import { HeaderFields } from "../../mesh-proxy/codec/http2/header-fields.ts";
import {
  Http2Session,
  type SessionEvents,
  type SessionLimits,
} from "../../mesh-proxy/codec/http2/session/http2-session.ts";
import type { SessionStream } from "../../mesh-proxy/codec/http2/session/session-stream.ts";

export const limits: SessionLimits = { streamsMax: 10, headerListBytesMax: 16_384, windowBytes: 65_535 };
const buffers = { take: () => Buffer.alloc(1024), giveBack: () => {} };
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");
export const settings = frame(FRAME.settings, 0, 0, Buffer.alloc(0));

export type Stream = SessionStream<string>;

/** Says in words what a session says in calls, one piece of DATA like several. */
class Recorder implements SessionEvents<string> {
  readonly words: string[] = [];
  readonly streams: Stream[] = [];
  request(stream: Stream, { texts }: HeaderFields, isEnd: boolean): void {
    stream.owner = "request";
    this.streams.push(stream);
    this.words.push(`${stream.id} request ${texts.join(" ")}${isEnd ? " end" : ""}`);
  }
  response(stream: Stream, { texts }: HeaderFields, isEnd: boolean, isInterim: boolean): void {
    this.words.push(`${stream.id} ${isInterim ? "interim" : "response"} ${texts.join(" ")}${isEnd ? " end" : ""}`);
  }
  trailers(stream: Stream, { texts }: HeaderFields): void {
    this.words.push(`${stream.id} trailers ${texts.join(" ")}`);
  }
  data(stream: Stream, bytes: Buffer, from: number, to: number, isEnd: boolean): void {
    const start = `${stream.id} data `;
    const text = bytes.toString("latin1", from, to) + (isEnd ? " end" : "");
    const last = this.words.at(-1);
    if (last?.startsWith(start) === true) this.words[this.words.length - 1] = last + text;
    else if (text !== "") this.words.push(start + text);
  }
  reset(stream: Stream, code: number, isOwn: boolean): void {
    this.words.push(`${stream.id} reset ${code}${isOwn ? " own" : ""}`);
  }
  windowOpened(): void {}
  goAway(lastStreamId: number, code: number): void {
    this.words.push(`goaway ${lastStreamId} ${code}`);
  }
  failed(code: number): void {
    this.words.push(`failed ${code}`);
  }
}

export function end(role: "client" | "server", own: Partial<SessionLimits> = {}) {
  const recorder = new Recorder();
  const session = new Http2Session<string>(role, { limits: { ...limits, ...own }, events: recorder, buffers });
  return { session, recorder, words: recorder.words };
}

export function written({ out }: Http2Session<string>): Buffer {
  const bytes = Buffer.from(out.bytes.subarray(0, out.byteCount));
  out.sent(true);
  return bytes;
}

export function feed({ session }: { readonly session: Http2Session<string> }, bytes: Buffer, nowMs = 0): void {
  session.take(bytes, 0, bytes.length, nowMs);
}

export function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** GET http / by the static table. */
export const get = Buffer.from([0x82, 0x86, 0x84]);
export const headers = (streamId: number, block: Buffer, flags = 0x5) => frame(FRAME.headers, flags, streamId, block);
export const begun = Buffer.concat([preface, settings]);

/** A client's connection with all that a client may send. */
export function conversation(): Buffer {
  const { session } = end("client");
  session.start();
  const post = session.open("a") as Stream;
  session.sendHeaders(
    post,
    HeaderFields.of(":method", "POST", ":scheme", "http", ":path", "/a", "x", "1".repeat(40_000)),
    false,
  );
  session.sendData(post, Buffer.from("first "), 0, 6, false);
  const other = session.open("b") as Stream;
  session.sendHeaders(other, HeaderFields.of(":method", "GET", ":scheme", "http", ":path", "/b", "x", "2"), true);
  session.sendData(post, Buffer.from("second"), 0, 6, false);
  session.sendHeaders(post, HeaderFields.of("x-end", "yes"), true);
  const last = session.open("c") as Stream;
  session.sendHeaders(last, HeaderFields.of(":method", "GET", ":scheme", "http", ":path", "/c", "x", "2"), false);
  session.reset(last, ERROR_CODE.cancel);
  const padded = Buffer.concat([Buffer.from([3]), Buffer.from("padded"), Buffer.alloc(3)]);
  return Buffer.concat([
    written(session),
    headers(7, get, 0x4),
    frame(FRAME.data, 0x8, 7, padded),
    frame(FRAME.priority, 0, 9, Buffer.alloc(5)),
    frame(0x77, 0xff, 7, Buffer.from("unknown")),
    frame(FRAME.data, 0x1, 7, Buffer.alloc(0)),
    frame(FRAME.goAway, 0, 0, Buffer.alloc(20)),
  ]);
}

export const roomy = { headerListBytesMax: 65_536 };

export function heard(bytes: Buffer, cuts: readonly number[]): readonly [readonly string[], Buffer] {
  const server = end("server", roomy);
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    feed(server, Buffer.from(bytes.subarray(from, to)));
    from = to;
  }
  return [server.words, written(server.session)];
}
