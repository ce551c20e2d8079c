import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  begun,
  conversation,
  end,
  feed,
  frame,
  get,
  headers,
  heard,
  preface,
  type Stream,
  settings,
  written,
} from "../../../../test/builders/http2-conversation.ts";
import { ERROR_CODE } from "../error-code.ts";
import { FRAME } from "../frame.ts";
import { HeaderFields } from "../header-fields.ts";

test("a server hears what a client says, in its order", () => {
  expect(heard(conversation(), [])[0]).toEqual([
    `1 request :method POST :scheme http :path /a x ${"1".repeat(40_000)}`,
    "1 data first ",
    "3 request :method GET :scheme http :path /b x 2 end",
    "1 data second",
    "1 trailers x-end yes",
    "5 request :method GET :scheme http :path /c x 2",
    "5 reset 8",
    "7 request :method GET :scheme http :path /",
    "7 data padded end",
    "goaway 0 0",
  ]);
});

test("any split of the same bytes gives the same result", () => {
  const bytes = conversation();
  const whole = heard(bytes, []);
  const cuts = fc.array(fc.nat(bytes.length), { maxLength: 60 }).map((list) => list.sort((a, b) => a - b));
  fc.assert(
    fc.property(cuts, (at) => {
      expect(heard(bytes, at)).toEqual(whole);
    }),
    { numRuns: 200 },
  );
  const each = Array.from({ length: bytes.length }, (_, at) => at);
  expect(heard(bytes, each)).toEqual(whole);
});

test("any fields come out of the decoder as they went into the encoder, secrets as secrets", () => {
  const text = fc.stringMatching(/^[a-z][a-z-]{0,20}$/);
  const value = fc.oneof(fc.constant(""), fc.stringMatching(/^[!-~]{1,700}$/));
  const block = fc.array(fc.tuple(text, value, fc.boolean()), { maxLength: 20 });
  const tables = fc.array(fc.nat(5000), { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 10 }), tables, (blocks, sizes) => {
      const client = end("client");
      client.session.start();
      const server = end("server", { headerListBytesMax: 2 ** 20, streamsMax: 100 });
      for (const [at, list] of blocks.entries()) {
        const size = Buffer.alloc(6);
        size.writeUInt16BE(1);
        size.writeUInt32BE(sizes[at] ?? 4096, 2);
        feed(client, frame(FRAME.settings, 0, 0, size));
        const fields = HeaderFields.of(":method", "GET", ":scheme", "http", ":path", "/");
        for (const [name, content, isSecret] of list) {
          if (name === "te" || name === "upgrade" || name === "connection") continue;
          fields.field(name, content, isSecret);
        }
        client.session.sendHeaders(client.session.open("") as Stream, fields, true);
        feed(server, written(client.session));
        expect(server.words.at(-1)).toBe(`${2 * at + 1} request ${fields.texts.join(" ")} end`);
      }
    }),
    { numRuns: 100 },
  );
});

test("a secret is never indexed", () => {
  const { session } = end("client");
  const fields = HeaderFields.of(":method", "GET", ":scheme", "http", ":path", "/");
  fields.field("authorization", "hunter2", true);
  session.sendHeaders(session.open("") as Stream, fields, true);
  // 0001 and the index of authorization, 23.
  expect(written(session).includes(Buffer.from([0x1f, 23 - 15]))).toBe(true);
});

const bigBlock = Buffer.concat([frame(FRAME.headers, 0, 1, get), ...Array.from({ length: 5 }, () => frame(FRAME.continuation, 0, 1, Buffer.alloc(16_384, 0x82)))]); // biome-ignore format: one idea
const manyContinuations = Buffer.concat([frame(FRAME.headers, 0, 1, get), ...Array.from({ length: 70 }, () => frame(FRAME.continuation, 0, 1, Buffer.alloc(0)))]); // biome-ignore format: one idea
const { protocol, frameSize, flowControl, streamClosed, compression, enhanceYourCalm } = ERROR_CODE;

test.each([
  { name: "a frame before SETTINGS", bytes: [preface, headers(1, get)], code: protocol },
  { name: "a wrong preface", bytes: [Buffer.from("PRI * HTTP/2.0\r\n\r\nXX")], code: protocol },
  {
    name: "a frame above 16,384 bytes",
    bytes: [begun, frame(FRAME.data, 0, 1, Buffer.alloc(16_385))],
    code: frameSize,
  },
  { name: "SETTINGS of 5 bytes", bytes: [begun, frame(FRAME.settings, 0, 0, Buffer.alloc(5))], code: frameSize },
  { name: "PING on a stream", bytes: [begun, frame(FRAME.ping, 0, 1, Buffer.alloc(8))], code: protocol },
  { name: "DATA on an idle stream", bytes: [begun, frame(FRAME.data, 0, 1, Buffer.from("x"))], code: protocol },
  { name: "an even stream", bytes: [begun, headers(2, get)], code: protocol },
  { name: "HEADERS on a stream that ended", bytes: [begun, headers(3, get), headers(1, get)], code: streamClosed },
  { name: "another frame in a header block", bytes: [begun, headers(1, get, 0), settings], code: protocol },
  {
    name: "a field that is not in the table",
    bytes: [begun, headers(1, Buffer.from([0xff, 0xff, 0x01]))],
    code: compression,
  },
  { name: "a header block without end", bytes: [begun, bigBlock], code: enhanceYourCalm },
  { name: "CONTINUATIONs without end", bytes: [begun, manyContinuations], code: enhanceYourCalm },
  {
    name: "a window above 2^31 - 1",
    bytes: [begun, frame(FRAME.windowUpdate, 0, 0, Buffer.from("7fffffff", "hex"))],
    code: flowControl,
  },
  { name: "a promise", bytes: [begun, frame(FRAME.pushPromise, 4, 1, Buffer.alloc(8))], code: protocol },
  {
    name: "PING upon PING",
    bytes: [begun, ...Array.from({ length: 5000 }, () => frame(FRAME.ping, 0, 0, Buffer.alloc(8)))],
    code: enhanceYourCalm,
  },
])("$name ends the connection", ({ bytes, code }) => {
  const server = end("server");
  feed(server, Buffer.concat(bytes));
  expect(server.words.at(-1)).toBe(`failed ${code}`);
  const goAway = written(server.session);
  expect(goAway.includes(Buffer.from([0, 0, 0, code]))).toBe(true);
});

const literal = (name: string, value: string) => Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]); // biome-ignore format: one idea

test.each([
  { name: "an upper-case name", fields: [get, literal("X-Y", "1")] },
  { name: "a field of HTTP/1.1", fields: [get, literal("connection", "close")] },
  { name: "te other than trailers", fields: [get, literal("te", "gzip")] },
  { name: "a pseudo field behind others", fields: [get, literal("x", "1"), literal(":authority", "a")] },
  { name: "a pseudo field twice", fields: [get, get] },
  { name: "a pseudo field that nobody knows", fields: [get, literal(":protocol", "websocket")] },
  { name: "no method", fields: [Buffer.from([0x86, 0x84])] },
  { name: "a line break in a value", fields: [get, literal("x", "a\r\nb: c")] },
  { name: "a content-length that is not kept", fields: [get, literal("content-length", "5")] },
])("$name ends the stream alone", ({ fields }) => {
  const server = end("server");
  feed(server, Buffer.concat([begun, headers(1, Buffer.concat(fields)), headers(3, get)]));
  expect(server.words).toEqual(["3 request :method GET :scheme http :path / end"]);
  expect(written(server.session).includes(frame(FRAME.rstStream, 0, 1, Buffer.from([0, 0, 0, protocol])))).toBe(true);
});

test("credit of a stream is given back only when its bytes drain", () => {
  const server = end("server");
  feed(server, Buffer.concat([begun, headers(1, get, 0x4)]));
  written(server.session);
  for (let at = 0; at < 4; at++) feed(server, frame(FRAME.data, 0, 1, Buffer.alloc(16_000)));
  expect(written(server.session)).toHaveLength(0);
  const [stream] = server.recorder.streams as [Stream];
  server.session.drained(stream, 40_000);
  expect(written(server.session)).toEqual(frame(FRAME.windowUpdate, 0, 1, Buffer.from([0, 0, 0x9c, 0x40])));
  feed(server, Buffer.concat(Array.from({ length: 3 }, () => frame(FRAME.data, 0, 1, Buffer.alloc(16_000)))));
  expect(server.words.at(-1)).toBe("1 reset 3 own");
});

test("no more is sent than both windows allow", () => {
  const { session } = end("client");
  const [one, two] = [session.open("a") as Stream, session.open("b") as Stream];
  for (const stream of [one, two]) session.sendHeaders(stream, HeaderFields.of(":method", "POST"), false);
  expect(session.sendData(one, Buffer.alloc(50_000), 0, 50_000, true)).toBe(50_000);
  expect(session.sendData(two, Buffer.alloc(50_000), 0, 50_000, true)).toBe(15_535);
  expect([one.isLocalEnded, two.isLocalEnded]).toEqual([true, false]);
});

test("resets in a burst are too much, and in the course of time are not", () => {
  const burst = (pauseMs: number) => {
    const server = end("server");
    feed(server, begun);
    for (let at = 0; at < 300; at++)
      feed(server, Buffer.concat([headers(2 * at + 1, get, 0x4), frame(FRAME.rstStream, 0, 2 * at + 1, Buffer.alloc(4))]), at * pauseMs); // biome-ignore format: one idea
    return server.words.at(-1);
  };
  expect(burst(0)).toBe(`failed ${enhanceYourCalm}`);
  expect(burst(10)).toBe("599 reset 0");
});

test("streams above the limit are refused, and those above a GOAWAY ignored", () => {
  const server = end("server", { streamsMax: 2 });
  feed(server, Buffer.concat([begun, ...[1, 3, 5].map((id) => headers(id, get, 0x4))]));
  expect(server.words).toHaveLength(2);
  expect(written(server.session).includes(frame(FRAME.rstStream, 0, 5, Buffer.from([0, 0, 0, 7])))).toBe(true);
  server.session.goAway(5);
  feed(server, headers(7, get));
  expect([server.words.length, server.session.isOver]).toEqual([2, false]);
});
