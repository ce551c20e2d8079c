/** What must hold of HTTP's bytes, whatever they are and however they are cut: nothing throws, nothing loops, and all cuts say the same. */
import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { HTTP1_EVENT } from "../../mesh-proxy/codec/http1/http1-event.ts";
import { createHttp1Scanners } from "../../mesh-proxy/codec/http1/http1-scanner.ts";
import { HpackDecoder } from "../../mesh-proxy/codec/http2/hpack/hpack-decoder.ts";
import { createHttp2Scanners } from "../../mesh-proxy/codec/http2/http2-scanner.ts";
import { http1Events } from "./http1-events.ts";
import { conversation, heard } from "./http2-conversation.ts";
import { frame, http2Events, preface, settings } from "./http2-frames.ts";
import { holding } from "./wire-property.ts";

const cuts = fc.array(fc.nat(300), { maxLength: 12 });
const oneRequest = "GET / HTTP/1.1\r\n\r\n";

const http1Pieces = fc.oneof(
  fc.constantFrom(
    "GET / HTTP/1.1\r\n",
    "HTTP/1.1 200 OK\r\n",
    "\r\n",
    "Content-Length: 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Expect: 100-continue\r\n",
    "Upgrade: websocket\r\nConnection: upgrade\r\n",
    "5\r\n",
    "0\r\n\r\n",
    "Connection: close\r\n",
    ":",
    "\n",
  ),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
);

const saysHttp1 = fc.property(fc.array(http1Pieces, { maxLength: 20 }), cuts, fc.boolean(), (parts, at, isResponse) => {
  const read = (where: readonly number[]) => {
    const { request, response } = createHttp1Scanners();
    http1Events(request, oneRequest);
    const scanner = isResponse ? response : request;
    return [http1Events(scanner, parts.join(""), where), scanner.finish()] as const;
  };
  const whole = read([]);
  return Object.values<number>(HTTP1_EVENT).includes(whole[1]) && isDeepStrictEqual(read(at), whole);
});

const END_HEADERS = 4;
const END_BOTH = 5;
/** `:method: POST`, `:path: /`. */
const post = "8384";
const anyFrame = fc
  .record({
    type: fc.nat(11),
    flags: fc.constantFrom(0, 1, 4, 5, 8, 0x2d),
    streamId: fc.nat(5),
    payload: fc.uint8Array({ maxLength: 12 }),
  })
  .map(({ type, flags, streamId, payload }) => frame(type, flags, streamId, Buffer.from(payload)));
const junk = fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));

const followsHttp2 = fc.property(
  fc.array(fc.oneof(anyFrame, anyFrame, junk), { maxLength: 12 }),
  cuts,
  fc.constantFrom("client" as const, "server" as const),
  (parts, at, side) => {
    const read = (where: readonly number[]) => {
      const { client, server } = createHttp2Scanners({ readsHeaders: true });
      http2Events(client, [preface, settings, frame(1, END_BOTH, 1, post), frame(1, END_HEADERS, 3, post)]);
      http2Events(server, [settings]);
      return http2Events(side === "client" ? client : server, parts, where);
    };
    return isDeepStrictEqual(read(at), read([]));
  },
);

const spoken = conversation();
const hearsHttp2 = fc.property(
  fc.array(fc.tuple(fc.nat(spoken.length - 1), fc.nat(255)), { maxLength: 8 }),
  fc.array(fc.nat(spoken.length), { maxLength: 8 }),
  (damage, at) => {
    const bytes = Buffer.from(spoken);
    for (const [where, byte] of damage) bytes[where] = byte;
    const sorted = at.toSorted((a, b) => a - b);
    return isDeepStrictEqual(heard(bytes, sorted), heard(bytes, []));
  },
);

const decodesBlocks = fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (blocks) => {
  const decoder = new HpackDecoder(256);
  const fields: string[] = [];
  const sink = { wants: () => true, field: (name: string, value: string) => void fields.push(name, value) };
  // A block between foreign bytes shows whether the decoder keeps to its bounds.
  for (const block of blocks) decoder.decode(Buffer.of(0xff, ...block, 0xff), 1, block.length + 1, sink);
});

export const httpProperties = [
  holding("HTTP/1.1 is read alike however it is cut", saysHttp1),
  holding("HTTP/2 that passes is followed alike however it is cut", followsHttp2),
  holding("HTTP/2 that ends here is heard alike however it is cut", hearsHttp2),
  holding("blocks of header fields are decoded or refused", decodesBlocks),
];
