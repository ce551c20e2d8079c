import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frame, http2Events, preface, setting, settings } from "../../../test/builders/http2-frames.ts";
import { HTTP2_EVENT } from "./http2-event.ts";
import { createHttp2Scanners, HTTP2_LIMITS, type Http2Limits } from "./http2-scanner.ts";

const END_STREAM = 1;
const END_HEADERS = 4;
const END_BOTH = END_STREAM | END_HEADERS;
/** `:method: POST`, `:path: /`. */
const post = "8384";

const exchanges: readonly {
  readonly name: string;
  readonly client: readonly Buffer[];
  readonly server: readonly Buffer[];
  readonly up: readonly string[];
  readonly down: readonly string[];
}[] = [
  {
    name: "a request and its response are counted with their frame heads",
    client: [frame(1, END_BOTH, 1, `8284${"0006612d6e616d65026263"}`)],
    server: [frame(1, END_HEADERS, 1, "88"), frame(0, END_STREAM, 1, "0102030405")],
    up: ["started 1 method 1 path /"],
    down: ["ended 1 up 22 down 24 status 200 grpc -1"],
  },
  {
    name: "bodies both ways end the request at the later end",
    client: [frame(1, END_HEADERS, 1, post), frame(0, 0, 1, "aabb"), frame(0, END_STREAM, 1, "cc")],
    server: [frame(1, END_HEADERS, 1, "8d"), frame(0, END_STREAM, 1)],
    up: ["started 1 method 3 path /"],
    down: ["ended 1 up 32 down 19 status 404 grpc -1"],
  },
  {
    name: "interim responses and trailers belong to the response",
    client: [frame(1, END_BOTH, 1, post)],
    server: [
      frame(1, END_HEADERS, 1, "0803313033"),
      frame(1, END_HEADERS, 1, "88"),
      frame(1, END_BOTH, 1, `000b${Buffer.from("grpc-status").toString("hex")}023134`),
    ],
    up: ["started 1 method 3 path /"],
    down: ["ended 1 up 11 down 49 status 200 grpc 14"],
  },
  {
    name: "streams interleave",
    client: [
      frame(1, END_BOTH, 1, post),
      frame(1, END_HEADERS, 3, post),
      frame(1, END_BOTH, 5, post),
      frame(0, END_STREAM, 3),
    ],
    server: [
      frame(1, END_BOTH, 5, "88"),
      frame(1, END_HEADERS, 3, "88"),
      frame(1, END_BOTH, 1, "88"),
      frame(0, END_STREAM, 3, "00"),
    ],
    up: ["started 1 method 3 path /", "started 3 method 3 path /", "started 5 method 3 path /"],
    down: [
      "ended 5 up 11 down 10 status 200 grpc -1",
      "ended 1 up 11 down 10 status 200 grpc -1",
      "ended 3 up 20 down 20 status 200 grpc -1",
    ],
  },
  {
    name: "a header block in continuations, with padding and priority, is one block",
    client: [
      frame(1, END_STREAM | 0x8 | 0x20, 1, `02${"0000000010"}83${"0000"}`),
      frame(9, 0, 1, ""),
      frame(9, END_HEADERS, 1, "84"),
    ],
    server: [frame(1, END_BOTH, 1, "88")],
    up: ["started 1 method 3 path /"],
    down: ["ended 1 up 37 down 10 status 200 grpc -1"],
  },
  {
    name: "either side may reset a stream, and what was on its way is not counted",
    client: [
      frame(1, END_HEADERS, 1, post),
      frame(8, 0, 1, "00000001"),
      frame(3, 0, 1, "00000008"),
      frame(1, END_HEADERS, 3, post),
    ],
    server: [frame(1, END_HEADERS, 1, "88"), frame(0, END_STREAM, 1, "00"), frame(3, 0, 3, "00000007")],
    up: ["started 1 method 3 path /", "reset 1 up 24 down 0 status 0 grpc -1", "started 3 method 3 path /"],
    down: ["reset 3 up 11 down 13 status 0 grpc -1"],
  },
  {
    name: "PING, PRIORITY, unknown frames, server push and GOAWAY pass",
    client: [frame(6, 0, 0, "0102030405060708"), frame(2, 0, 9, "0000000010"), frame(200, 255, 7, "00")],
    server: [
      frame(5, END_HEADERS, 1, "0000000284"),
      frame(1, END_BOTH, 2, "88"),
      frame(7, 0, 0, "8000000900000001deadbeef"),
    ],
    up: [],
    down: ["goaway above 9 for 1"],
  },
];

describe("an exchange", () => {
  test.each(exchanges)("$name", (exchange) => {
    expect(run(exchange, [], [])).toEqual({ up: exchange.up, down: exchange.down });
  });

  test.each(exchanges)("cut anywhere, it is the same: $name", (exchange) => {
    const cuts = fc.array(fc.nat(200), { maxLength: 30 });
    fc.assert(
      fc.property(cuts, cuts, (upCuts, downCuts) => {
        expect(run(exchange, upCuts, downCuts)).toEqual({ up: exchange.up, down: exchange.down });
      }),
      { numRuns: 60 },
    );
  });

  test("without headers, payloads are not read and the counts are the same", () => {
    const { client, server } = createHttp2Scanners({ readsHeaders: false });
    const [first] = exchanges;
    expect(http2Events(client, [preface, settings, ...(first?.client ?? [])])).toEqual(["started 1 method 0 path "]);
    expect(http2Events(server, [settings, ...(first?.server ?? [])])).toEqual([
      "ended 1 up 22 down 24 status 0 grpc -1",
    ]);
  });

  test("slots are used again once a stream is over", () => {
    const { client, server, streams } = createHttp2Scanners({ readsHeaders: false });
    http2Events(client, [preface, settings]);
    http2Events(server, [settings]);
    for (let streamId = 1; streamId < 200; streamId += 2) {
      http2Events(client, [frame(1, END_BOTH, streamId, post)]);
      expect(client.slot).toBe(0);
      http2Events(server, [frame(1, END_BOTH, streamId, "88")]);
    }
    expect(streams.openCount).toBe(0);
  });

  test("streams that are still open at the end are told one by one", () => {
    const { client, server } = createHttp2Scanners({ readsHeaders: false });
    http2Events(client, [preface, settings, frame(1, END_BOTH, 1, post), frame(1, 0, 3, post)]);
    expect(server.nextAbandoned()).toBe(HTTP2_EVENT.requestEnded);
    expect([server.streamId, server.bytesUp, server.wasReset]).toEqual([1, 11, true]);
    expect(server.nextAbandoned()).toBe(HTTP2_EVENT.needMore);
  });
});

describe("the client is refused for", () => {
  const cases: readonly { readonly name: string; readonly frames: readonly Buffer[]; readonly reason: string }[] = [
    {
      name: "a first frame that is not SETTINGS",
      frames: [frame(6, 0, 0, "0102030405060708")],
      reason: "first frame is not SETTINGS",
    },
    {
      name: "a first frame that is an acknowledgement",
      frames: [frame(4, 1, 0)],
      reason: "first frame is not SETTINGS",
    },
    {
      name: "a frame above the size the server allows",
      frames: [settings, frame(0, 0, 1, Buffer.alloc(16_385))],
      reason: "frame has 16385 bytes, at most 16384 are accepted",
    },
    {
      name: "DATA on a stream that is not open",
      frames: [settings, frame(0, 0, 1)],
      reason: "frame of type 0 on stream 1, which is not open",
    },
    {
      name: "RST_STREAM on a stream that is not open",
      frames: [settings, frame(3, 0, 1, "00000000")],
      reason: "frame of type 3 on stream 1, which is not open",
    },
    {
      name: "a stream of the server's",
      frames: [settings, frame(1, END_BOTH, 2, post)],
      reason: "client sends on stream 2, which is the server's",
    },
    {
      name: "pushing",
      frames: [settings, frame(5, END_HEADERS, 1, "0000000284")],
      reason: "PUSH_PROMISE from a client",
    },
    { name: "DATA on stream 0", frames: [settings, frame(0, 0, 0)], reason: "frame of type 0 on stream 0" },
    { name: "SETTINGS on a stream", frames: [settings, frame(4, 0, 1)], reason: "SETTINGS on stream 1" },
    {
      name: "SETTINGS cut short",
      frames: [settings, frame(4, 0, 0, "00")],
      reason: "SETTINGS is no multiple of 6 bytes",
    },
    {
      name: "an acknowledgement with a payload",
      frames: [settings, frame(4, 1, 0, "000000000000")],
      reason: "SETTINGS with ACK has a payload",
    },
    {
      name: "too many settings",
      frames: [settings, frame(4, 0, 0, Buffer.alloc(606))],
      reason: "SETTINGS has 606 bytes, at most 600 are accepted",
    },
    { name: "a frame size out of range", frames: [setting(5, 16_383)], reason: "SETTINGS_MAX_FRAME_SIZE is 16383" },
    { name: "a short PING", frames: [settings, frame(6, 0, 0, "00")], reason: "PING has 1 bytes instead of 8" },
    {
      name: "a frame inside a header block",
      frames: [settings, frame(1, 0, 1, post), frame(6, 0, 0, "0102030405060708")],
      reason: "header block is interrupted by another frame",
    },
    {
      name: "a continuation of nothing",
      frames: [settings, frame(9, END_HEADERS, 1)],
      reason: "CONTINUATION without a header block",
    },
    {
      name: "a continuation elsewhere",
      frames: [settings, frame(1, 0, 1, post), frame(9, END_HEADERS, 3)],
      reason: "CONTINUATION on another stream than its header block",
    },
    {
      name: "padding longer than its frame",
      frames: [settings, frame(1, END_HEADERS | 8, 1, "0283")],
      reason: "padding is longer than its frame",
    },
    {
      name: "endless continuations",
      frames: [settings, frame(1, 0, 1), ...Array.from({ length: 65 }, () => frame(9, 0, 1))],
      reason: "header block has more than 64 continuations",
    },
    {
      name: "a header block beyond the limit",
      frames: [
        settings,
        frame(1, 0, 1, Buffer.alloc(10_000, 0x82)),
        ...Array.from({ length: 6 }, () => frame(9, 0, 1, Buffer.alloc(10_000, 0x82))),
      ],
      reason: "header block is longer than 65536 bytes",
    },
  ];

  test.each(cases)("$name, whole or in small pieces", ({ frames, reason }) => {
    const pieces = Array.from({ length: 100 }, (_, index) => index * 3);
    for (const cuts of [[], pieces]) {
      const { client } = createHttp2Scanners({ readsHeaders: true });
      expect(http2Events(client, [preface, ...frames], cuts).at(-1)).toBe(`rejected ${reason}`);
    }
  });

  test("every wrong byte of the preface, by its number", () => {
    for (let wrong = 0; wrong < preface.length; wrong++) {
      const { client } = createHttp2Scanners({ readsHeaders: false });
      const bytes = Buffer.from(preface);
      bytes[wrong] = (bytes[wrong] ?? 0) ^ 1;
      expect(http2Events(client, [bytes])).toEqual([`rejected byte ${wrong} of the HTTP/2 preface is wrong`]);
    }
  });

  test("half a preface at the end of the connection", () => {
    const { client } = createHttp2Scanners({ readsHeaders: false });
    expect(http2Events(client, [preface.subarray(0, 12)])).toEqual([]);
    expect(client.finish()).toBe(HTTP2_EVENT.rejected);
    expect(client.reason).toBe("connection ended inside the preface");
  });

  test("half a frame at the end of the connection", () => {
    const { client } = createHttp2Scanners({ readsHeaders: false });
    http2Events(client, [preface, settings]);
    expect(client.finish()).toBe(HTTP2_EVENT.needMore);
    http2Events(client, [Buffer.from("000004", "hex")]);
    expect(client.finish()).toBe(HTTP2_EVENT.rejected);
  });
});

describe("the server is refused for", () => {
  test("answering in HTTP/1.1", () => {
    const { server } = createHttp2Scanners({ readsHeaders: false });
    const answer = Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n", "latin1");
    expect(http2Events(server, [answer])).toEqual(["rejected frame has 4740180 bytes, at most 16384 are accepted"]);
  });

  test("answering a stream that nobody opened", () => {
    const { server } = createHttp2Scanners({ readsHeaders: false });
    expect(http2Events(server, [settings, frame(1, END_BOTH, 1, "88")])).toEqual([
      "rejected frame of type 1 on stream 1, which is not open",
    ]);
  });
});

describe("limits", () => {
  test("streams above the limit are refused, and not before", () => {
    const { client } = scannersWith({ concurrentStreamsMax: 20 });
    const open = (count: number) =>
      Array.from({ length: count }, (_, index) => frame(1, END_BOTH, 2 * index + 1, post));
    expect(http2Events(client, [preface, settings, ...open(20)])).toHaveLength(20);
    expect(http2Events(client, [frame(1, END_BOTH, 99, post)])).toEqual(["rejected more than 20 streams are open"]);
  });

  test("a client that opens and resets without end is refused", () => {
    const { client } = scannersWith({ resetCountMax: 3 });
    const pair = (streamId: number) => [frame(1, END_BOTH, streamId, post), frame(3, 0, streamId, "00000008")];
    http2Events(client, [preface, settings, ...[1, 3, 5].flatMap(pair)]);
    expect(http2Events(client, pair(7)).at(-1)).toBe("rejected client reset more than 3 streams in a short time");
  });

  test("requests that end well and time make up for resets", () => {
    const { client, server, streams } = scannersWith({ resetCountMax: 1 });
    http2Events(client, [preface, settings]);
    http2Events(server, [settings]);
    for (let streamId = 1; streamId < 40; streamId += 4) {
      http2Events(client, [
        frame(1, END_BOTH, streamId, post),
        frame(3, 0, streamId, "00000008"),
        frame(1, END_BOTH, streamId + 2, post),
      ]);
      expect(http2Events(server, [frame(1, END_BOTH, streamId + 2, "88")])).toHaveLength(1);
    }
    http2Events(client, [frame(1, END_BOTH, 41, post), frame(3, 0, 41, "00000008")]);
    streams.forgiveResets(5);
    expect(http2Events(client, [frame(1, END_BOTH, 43, post), frame(3, 0, 43, "00000008")]).at(-1)).toMatch(
      /^reset 43/,
    );
  });

  test("larger frames pass once the receiver allows them, up to the own limit", () => {
    const { client, server } = scannersWith({ frameBytesMax: 20_000 });
    http2Events(client, [preface, setting(5, 30_000), frame(1, END_BOTH, 1, post)]);
    expect(http2Events(server, [settings, frame(0, 0, 1, Buffer.alloc(20_000))])).toEqual([]);
    expect(http2Events(server, [frame(0, 0, 1, Buffer.alloc(20_001))])).toEqual([
      "rejected frame has 20001 bytes, at most 20000 are accepted",
    ]);
  });
});

describe("headers that cannot be read", () => {
  test("leave the counting alone", () => {
    const { client, server } = createHttp2Scanners({ readsHeaders: true });
    expect(http2Events(client, [preface, settings, frame(1, END_BOTH, 1, "80")])).toEqual(["started 1 method 0 path "]);
    expect(client.headersProblem).toBe("HPACK: index 0 is not in the table");
    expect(http2Events(server, [settings, frame(1, END_BOTH, 1, "88")])).toEqual([
      "ended 1 up 10 down 10 status 200 grpc -1",
    ]);
  });

  test("come of a table larger than is kept", () => {
    const { client, server } = createHttp2Scanners({ readsHeaders: true });
    http2Events(client, [preface, setting(1, 2 ** 20), frame(1, END_BOTH, 1, post)]);
    expect(server.headersProblem).toBe("HPACK table of 1048576 bytes is above the limit of 65536");
    expect(http2Events(server, [settings, frame(1, END_BOTH, 1, "88")])).toEqual([
      "ended 1 up 11 down 10 status 0 grpc -1",
    ]);
  });
});

function scannersWith(limits: Partial<Http2Limits>) {
  return createHttp2Scanners({ readsHeaders: false, limits: { ...HTTP2_LIMITS, ...limits } });
}

function run({ client, server }: (typeof exchanges)[number], upCuts: readonly number[], downCuts: readonly number[]) {
  const scanners = createHttp2Scanners({ readsHeaders: true });
  const up = http2Events(scanners.client, [preface, settings, ...client], upCuts);
  const down = http2Events(scanners.server, [settings, ...server], downCuts);
  return { up, down };
}
