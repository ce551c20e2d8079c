import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  decodeServicePathHeader,
  encodeServicePathHeader,
  formatServicePathHeader,
  parseServicePathHeader,
} from "./service-path-header.ts";

const golden = [
  { name: "all fields at their first values", header: { spi: 1, serviceIndex: 255, ttl: 63 }, hex: "0fc202fe000001ff" },
  {
    name: "all fields at their largest",
    header: { spi: 0xffffff, serviceIndex: 255, ttl: 63 },
    hex: "0fc202feffffffff",
  },
  { name: "all fields at 0", header: { spi: 0, serviceIndex: 0, ttl: 0 }, hex: "000202fe00000000" },
  {
    name: "a TTL that crosses the byte",
    header: { spi: 0x010203, serviceIndex: 4, ttl: 0b101101 },
    hex: "0b4202fe01020304",
  },
];

describe("the 8 bytes of RFC 8300", () => {
  test.each(golden)("with $name are these", ({ header, hex }) => {
    expect(formatServicePathHeader(header)).toBe(hex);
    expect(parseServicePathHeader(hex)).toEqual({ kind: "header", header });
  });

  test("survive a round trip, wherever they stand", () => {
    const headers = fc.record({ spi: fc.nat(0xffffff), serviceIndex: fc.nat(255), ttl: fc.nat(63) });
    fc.assert(
      fc.property(headers, fc.nat(9), (header, start) => {
        const bytes = Buffer.concat([Buffer.alloc(start, 0xee), encodeServicePathHeader(header)]);
        expect(decodeServicePathHeader(bytes, start)).toEqual({ kind: "header", header });
      }),
    );
  });

  const refused = [
    { name: "another version", hex: "4fc202fe000001ff", reason: "service path header has version 1, only 0 is known" },
    { name: "an OAM packet", hex: "2fc202fe000001ff", reason: "service path header is an OAM packet" },
    {
      name: "metadata behind it",
      hex: "0fc602fe000001ff",
      reason: "service path header has length 6 words, only 2 are accepted",
    },
    {
      name: "fixed-length metadata",
      hex: "0fc201fe000001ff",
      reason: "service path header has metadata type 1, only 2 is accepted",
    },
    {
      name: "a packet behind it",
      hex: "0fc20201000001ff",
      reason: "service path header has next protocol 1, only 254 is accepted",
    },
    { name: "too few bytes", hex: "0fc202fe0000", reason: "service path header is shorter than 8 bytes" },
  ];

  test.each(refused)("are refused for $name", ({ hex, reason }) => {
    expect(decodeServicePathHeader(Buffer.from(hex, "hex"), 0)).toEqual({ kind: "rejected", reason });
  });

  test.each(["", "0fc202fe000001f", "0fc202fe000001ff0", "0fc202fe000001fg", " 0fc202fe00001ff"])(
    "are not read from %j",
    (text) => {
      expect(parseServicePathHeader(text)).toEqual({
        kind: "rejected",
        reason: "weft-nsh is not 16 hexadecimal digits",
      });
    },
  );

  test.each([
    { name: "spi", header: { spi: 0x1000000, serviceIndex: 0, ttl: 0 } },
    { name: "serviceIndex", header: { spi: 0, serviceIndex: 256, ttl: 0 } },
    { name: "ttl", header: { spi: 0, serviceIndex: 0, ttl: 64 } },
  ])("are not written with $name out of range", ({ name, header }) => {
    expect(() => encodeServicePathHeader(header)).toThrow(new RegExp(`^${name} is `));
  });
});
