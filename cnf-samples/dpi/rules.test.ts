import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FlowInspector } from "./flow-inspector.ts";
import { type Classification, FlowClassifier, SignatureSet } from "./rules.ts";
import { readServerName } from "./server-name.ts";

const signatures = new SignatureSet([
  { application: "video", contains: "video." },
  { application: "updates", contains: "updates.weft" },
]);

/** A ClientHello as small as they get, written out by hand from RFC 8446. */
function clientHello(name: string): Buffer {
  const nameBytes = Buffer.from(name);
  const u16 = (value: number) => Buffer.of(value >> 8, value & 0xff);
  const entry = Buffer.concat([Buffer.of(0), u16(nameBytes.length), nameBytes]);
  const list = Buffer.concat([u16(entry.length), entry]);
  const other = Buffer.concat([u16(43), u16(3), Buffer.of(2, 3, 4)]);
  const extensions = Buffer.concat([other, u16(0), u16(list.length), list]);
  const body = Buffer.concat([
    Buffer.of(3, 3),
    Buffer.alloc(32, 7),
    Buffer.of(0),
    u16(2),
    Buffer.of(0x13, 0x01),
    Buffer.of(1, 0),
    u16(extensions.length),
    extensions,
  ]);
  const handshake = Buffer.concat([Buffer.of(1, 0), u16(body.length), body]);
  return Buffer.concat([Buffer.of(0x16, 3, 1), u16(handshake.length), handshake]);
}

const flows = [
  { name: "an HTTP request", bytes: Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), is: "http/http" },
  {
    name: "an HTTP request to a known host",
    bytes: Buffer.from("POST /a HTTP/1.1\r\nHost: VIDEO.example\r\n\r\n"),
    is: "http/video",
  },
  { name: "a signature past the head", bytes: Buffer.from("GET / HTTP/1.1\r\n\r\nvideo."), is: "http/http" },
  { name: "an HTTP response", bytes: Buffer.from("HTTP/1.1 200 OK\r\n\r\n"), is: "http/http" },
  { name: "HTTP/2", bytes: Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), is: "http2/http2" },
  { name: "SSH", bytes: Buffer.from("SSH-2.0-OpenSSH_10.0\r\n"), is: "ssh/ssh" },
  { name: "TLS", bytes: clientHello("www.example"), is: "tls/tls" },
  { name: "TLS to a known host", bytes: clientHello("updates.weft.example"), is: "tls/updates" },
  { name: "TLS that says nothing", bytes: Buffer.from([0x16, 3, 3, 0, 2, 2, 0]), is: "tls/tls" },
  { name: "half a method", bytes: Buffer.from("GE"), is: "other/other" },
  { name: "anything else", bytes: Buffer.from([0, 1, 2, 3]), is: "other/other" },
];

describe.each(flows)("$name", ({ bytes, is }) => {
  test(`is ${is}, however it is cut`, () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: bytes.length }), (step) => {
        const classifier = new FlowClassifier(signatures, 4096);
        let found: Classification | undefined;
        for (let offset = 0; offset < bytes.length && !found; offset += step) {
          found = classifier.inspect(bytes.subarray(offset, offset + step));
        }
        const { protocol, application } = found ?? classifier.conclude();
        expect(`${protocol}/${application}`).toBe(is);
      }),
    );
  });
});

test("a head without end is judged at the limit", () => {
  const classifier = new FlowClassifier(signatures, 100);
  const found = classifier.inspect(Buffer.from(`GET / HTTP/1.1\r\nA: ${"b".repeat(200)}video.`));
  expect(found).toEqual({ protocol: "http", application: "http" });
});

test("any bytes of a TLS record are read without harm", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (body) => {
      const record = Buffer.concat([Buffer.from([0x16, 3, 1, body.length >> 8, body.length & 0xff]), body]);
      expect(readServerName(record).kind).not.toBe("unfinished");
    }),
  );
});

describe("an inspector", () => {
  const inspector = (...blocked: string[]) =>
    new FlowInspector({
      classifier: new FlowClassifier(signatures, 4096),
      blocked: new Set(blocked),
      onClassified: () => undefined,
    });
  const request = Buffer.from("GET / HTTP/1.1\r\nHost: video.example\r\n\r\n");

  test("that blocks nothing holds nothing", () => {
    const free = inspector();
    expect(free.write(request.subarray(0, 3))).toEqual({ kind: "pass", bytes: [request.subarray(0, 3)] });
    expect(free.heldBytes).toBe(0);
  });

  test("that blocks holds the first bytes until it knows, then passes them all", () => {
    const strict = inspector("ssh");
    expect(strict.write(request.subarray(0, 3))).toEqual({ kind: "pass", bytes: [] });
    expect(strict.heldBytes).toBe(3);
    expect(strict.write(request.subarray(3))).toEqual({
      kind: "pass",
      bytes: [request.subarray(0, 3), request.subarray(3)],
    });
  });

  test.each(["video", "http"])("refuses what is blocked by its application or protocol: %s", (blocked) => {
    expect(inspector(blocked).write(request)).toEqual({ kind: "refuse", reason: "flowsBlocked" });
  });

  test("that says where flows go holds them until it knows, and says it first", () => {
    const aware = new FlowInspector({
      classifier: new FlowClassifier(signatures, 4096),
      blocked: new Set(),
      onClassified: () => undefined,
      prefaceOf: ({ application }) => Buffer.from(`to ${application}`),
    });
    // Also before the first byte: the server may be the first to speak.
    expect(aware.heldBytes).toBe(1);
    expect(aware.write(request.subarray(0, 3))).toEqual({ kind: "pass", bytes: [] });
    expect(aware.write(request.subarray(3))).toEqual({
      kind: "pass",
      bytes: [Buffer.from("to video"), request.subarray(0, 3), request.subarray(3)],
    });
    expect(aware.heldBytes).toBe(0);
  });

  test("judges a flow that stops early by what came", () => {
    const strict = inspector("other");
    strict.write(Buffer.from("GE"));
    expect(strict.end().kind).toBe("refuse");
  });
});
