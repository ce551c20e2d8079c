/** What the load generator sends and the origin answers: 1 kB each way, on raw sockets, the same bytes for every proxy. */
import { Buffer } from "node:buffer";

export const protocols = ["tcp", "http1", "h2c", "grpc"] as const;
export type BenchProtocol = (typeof protocols)[number];

/** What a proxy is told that the port speaks. */
export function portProtocol(protocol: BenchProtocol): "tcp" | "http1" | "h2c" {
  return protocol === "grpc" ? "h2c" : protocol;
}

const bodyBytes = 1024;
const body = Buffer.alloc(bodyBytes, "weft");

export interface Messages {
  /** Sent once, at the start of a connection. */
  readonly clientHello: Buffer;
  readonly serverHello: Buffer;
  request(sequence: number): Buffer;
  response(streamId: number): Buffer;
  /** Counts the whole messages that come in. `onMessage` gets the stream, which is 0 but for HTTP/2. */
  reader(onMessage: (streamId: number) => void, reply: (bytes: Buffer) => void): (bytes: Buffer) => void;
}

export function messagesOf(protocol: BenchProtocol): Messages {
  return { tcp: tcpMessages, http1: http1Messages, h2c: h2cMessages, grpc: grpcMessages }[protocol];
}

const none = Buffer.alloc(0);

const tcpMessages: Messages = {
  clientHello: none,
  serverHello: none,
  request: () => body,
  response: () => body,
  reader: (onMessage) => countingReader(bodyBytes, onMessage),
};

const http1Request = Buffer.concat([
  Buffer.from(`POST /nsmf-pdusession/v1/sm-contexts HTTP/1.1\r\nHost: smf\r\nContent-Length: ${bodyBytes}\r\n\r\n`),
  body,
]);
const http1Response = Buffer.concat([
  Buffer.from(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${bodyBytes}\r\n\r\n`),
  body,
]);

const http1Messages: Messages = {
  clientHello: none,
  serverHello: none,
  request: () => http1Request,
  response: () => http1Response,
  reader: (onMessage) => {
    let before = none;
    return (bytes) => {
      let known = before.length === 0 ? bytes : Buffer.concat([before, bytes]);
      for (;;) {
        // Proxies may add headers: a message ends a body's length behind its head.
        const head = known.indexOf("\r\n\r\n");
        if (head < 0 || known.length < head + 4 + bodyBytes) break;
        known = known.subarray(head + 4 + bodyBytes);
        onMessage(0);
      }
      before = Buffer.from(known);
    };
  },
};

const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const PING = 6;
const WINDOW_UPDATE = 8;
const END_STREAM = 1;
const END_HEADERS = 4;
const ACK = 1;

/** Windows so large that no run uses them up; the initial one by SETTINGS_INITIAL_WINDOW_SIZE. */
const settings = frame(SETTINGS, 0, 0, Buffer.from("00047fffffff", "hex"));
const connectionWindow = frame(WINDOW_UPDATE, 0, 0, Buffer.from("7fff0000", "hex"));
/** HPACK, static table and literals without indexing: POST, http, /, authority "smf". */
const requestHeaders = Buffer.concat([Buffer.from([0x83, 0x86, 0x84, 0x01, 3]), Buffer.from("smf")]);
const responseHeaders = Buffer.from([0x88]);

const h2cMessages: Messages = {
  clientHello: Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), settings, connectionWindow]),
  serverHello: Buffer.concat([settings, connectionWindow]),
  request: (sequence) => exchange(2 * sequence + 1, requestHeaders),
  response: (streamId) => exchange(streamId, responseHeaders),
  reader: h2cReader,
};

/** The same without indexing: `content-type: application/grpc`, in the request `te: trailers`, and as trailers `grpc-status: 0`. */
const grpcType = literal("content-type", "application/grpc");
const grpcRequestHeaders = Buffer.concat([requestHeaders, grpcType, literal("te", "trailers")]);
const grpcResponseHeaders = Buffer.concat([responseHeaders, grpcType]);
const grpcTrailers = literal("grpc-status", "0");
/** Not compressed, and as long as all that follows. */
const grpcBody = Buffer.concat([Buffer.of(0, 0, 0, (bodyBytes - 5) >> 8, (bodyBytes - 5) & 0xff), body.subarray(5)]);

const grpcMessages: Messages = {
  ...h2cMessages,
  request: (sequence) => {
    const streamId = 2 * sequence + 1;
    const head = frame(HEADERS, END_HEADERS, streamId, grpcRequestHeaders);
    return Buffer.concat([head, frame(DATA, END_STREAM, streamId, grpcBody)]);
  },
  response: (streamId) =>
    Buffer.concat([
      frame(HEADERS, END_HEADERS, streamId, grpcResponseHeaders),
      frame(DATA, 0, streamId, grpcBody),
      frame(HEADERS, END_HEADERS | END_STREAM, streamId, grpcTrailers),
    ]),
};

/** HPACK: a field with a new name, without indexing; both texts are short and not Huffman-coded. */
function literal(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.of(0, name.length), Buffer.from(name), Buffer.of(value.length), Buffer.from(value)]);
}

function exchange(streamId: number, headers: Buffer): Buffer {
  return Buffer.concat([frame(HEADERS, END_HEADERS, streamId, headers), frame(DATA, END_STREAM, streamId, body)]);
}

function frame(type: number, flags: number, streamId: number, payload: Buffer): Buffer {
  const bytes = Buffer.alloc(9 + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes.writeUInt8(type, 3);
  bytes.writeUInt8(flags, 4);
  bytes.writeUInt32BE(streamId, 5);
  payload.copy(bytes, 9);
  return bytes;
}

function h2cReader(onMessage: (streamId: number) => void, reply: (bytes: Buffer) => void): (bytes: Buffer) => void {
  const preface = h2cMessages.clientHello.subarray(0, 24);
  let before = none;
  return (bytes) => {
    let known = before.length === 0 ? bytes : Buffer.concat([before, bytes]);
    if (known.length >= 24 && known.subarray(0, 24).equals(preface)) known = known.subarray(24);
    while (known.length >= 9) {
      const end = 9 + known.readUIntBE(0, 3);
      if (known.length < end) break;
      takeFrame(known, onMessage, reply);
      known = known.subarray(end);
    }
    before = Buffer.from(known);
  };
}

function takeFrame(known: Buffer, onMessage: (streamId: number) => void, reply: (bytes: Buffer) => void): void {
  const type = known.readUInt8(3);
  const flags = known.readUInt8(4);
  const isEnd = (type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0;
  if (isEnd) onMessage(known.readUInt32BE(5));
  if (type === SETTINGS && (flags & ACK) === 0) reply(frame(SETTINGS, ACK, 0, none));
  if (type === PING && (flags & ACK) === 0) reply(frame(PING, ACK, 0, known.subarray(9, 17)));
}

function countingReader(messageBytes: number, onMessage: (streamId: number) => void): (bytes: Buffer) => void {
  let byteCount = 0;
  return (bytes) => {
    byteCount += bytes.length;
    for (; byteCount >= messageBytes; byteCount -= messageBytes) onMessage(0);
  };
}
