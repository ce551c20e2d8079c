import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientHello } from "../../test/builders/client-hello.ts";
import { CLIENT_HELLO_BYTES_MAX, readClientHello } from "./tls-client-hello.ts";

const read = (bytes: Buffer) => readClientHello(bytes, 0, bytes.length);

const sketches = fc.record({
  serverName: fc.option(fc.constantFrom("a", "udm.core", "UDM.Core", "x".repeat(253)), { nil: undefined }),
  sessionByteCount: fc.integer({ min: 0, max: 32 }),
  before: fc.array(fc.tuple(fc.integer({ min: 1, max: 65_535 }), fc.nat(300)), { maxLength: 4 }),
  recordBytes: fc.integer({ min: 1, max: 2000 }),
});

test("the name is found behind other fields, in one record or many, in lower case", () => {
  fc.assert(
    fc.property(sketches, (sketch) => {
      const serverName = sketch.serverName?.toLowerCase();
      expect(read(clientHello(sketch))).toEqual({ kind: "hello", serverName });
    }),
  );
});

test("every beginning of it is partial, and what follows changes nothing", () => {
  fc.assert(
    fc.property(sketches, fc.uint8Array({ maxLength: 40 }), fc.nat(), (sketch, tail, cut) => {
      const bytes = clientHello(sketch);
      const before = Buffer.from("before");
      const whole = Buffer.concat([before, bytes, tail]);
      const end = before.length + (cut % bytes.length);
      expect(readClientHello(whole, before.length, end)).toEqual({ kind: "partial" });
      expect(readClientHello(whole, before.length, whole.length)).toEqual(read(bytes));
    }),
  );
});

describe("what is no ClientHello is known at once:", () => {
  const hello = clientHello({ serverName: "a" });
  const changed = (at: number, value: number) => Buffer.from(hello.map((byte, index) => (index === at ? value : byte)));
  test.each([
    { name: "text", bytes: Buffer.from("G"), reason: /no handshake/ },
    { name: "an alert", bytes: changed(0, 21), reason: /no handshake/ },
    { name: "a record of SSL 2", bytes: changed(1, 2), reason: /no known version/ },
    { name: "an empty record", bytes: Buffer.of(22, 3, 1, 0, 0), reason: /record of 0 bytes/ },
    { name: "a record that is too long", bytes: Buffer.of(22, 3, 1, 255, 255), reason: /record of 65535/ },
    { name: "a ServerHello", bytes: changed(5, 2), reason: /no ClientHello/ },
    { name: "a message that is too long", bytes: changed(6, 1), reason: /more than 16384/ },
    { name: "a session that is longer than the message", bytes: changed(43, 255), reason: /inside a field/ },
    { name: "an empty name", bytes: clientHello({ serverName: "" }), reason: /malformed/ },
    { name: "a name with a space", bytes: clientHello({ serverName: "a b" }), reason: /malformed/ },
    { name: "a name that is too long", bytes: clientHello({ serverName: "a".repeat(254) }), reason: /malformed/ },
  ])("$name", ({ bytes, reason }) => {
    expect(read(bytes)).toEqual({ kind: "other", reason: expect.stringMatching(reason) });
  });
});

test("a beginning that never ends is given up at the limit", () => {
  const endless = clientHello({ before: [[5, 16_200]], recordBytes: 1 });
  expect(readClientHello(endless, 0, CLIENT_HELLO_BYTES_MAX - 1)).toEqual({ kind: "partial" });
  expect(readClientHello(endless, 0, CLIENT_HELLO_BYTES_MAX)).toMatchObject({ kind: "other" });
});

test("no bytes make it throw, and one answer stays when more bytes come", () => {
  const damaged = fc.tuple(sketches, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 })).map(([sketch, changes]) => {
    const bytes = clientHello(sketch);
    for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
    return bytes;
  }); // biome-ignore format: short
  const anyBytes = fc.oneof(damaged, fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes))); // biome-ignore format: short
  fc.assert(
    fc.property(anyBytes, fc.nat(), (bytes, cut) => {
      const early = readClientHello(bytes, 0, cut % (bytes.length + 1));
      const late = read(bytes);
      if (early.kind !== "partial") expect(late.kind).toBe(early.kind);
    }),
    { numRuns: 5000 },
  );
});
