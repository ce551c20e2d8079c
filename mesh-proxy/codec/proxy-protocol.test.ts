import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  encodeLocalProxyHeader,
  encodeProxyHeader,
  PROXY_HEADER_BYTES_MAX,
  readProxyHeader,
} from "./proxy-protocol.ts";

const signature = "0d0a0d0a000d0a515549540a";
const source = { address: "10.0.0.1", port: 1234 };
const destination = { address: "10.0.0.2", port: 80 };
const tcp4 = `${signature}2111000c0a0000010a00000204d20050`;

const golden = [
  { name: "TCP over IPv4", header: { source, destination, tlvs: {} }, hex: tcp4 },
  {
    name: "TCP over IPv6",
    header: { source: { address: "2001:db8::1", port: 1 }, destination: { address: "::1", port: 65535 }, tlvs: {} },
    hex: `${signature}21210024${"20010db8000000000000000000000001"}${"00000000000000000000000000000001"}0001ffff`,
  },
  {
    name: "a probe of proxies alone",
    header: { source, destination, tlvs: { probe: "proxies" as const } },
    hex: `${signature}211100100a0000010a00000204d20050${"e6000100"}`,
  },
  {
    name: "every field of Weft",
    header: {
      source,
      destination,
      tlvs: {
        servicePath: { spi: 0x010203, serviceIndex: 254, ttl: 63 },
        perRequest: true,
        direction: "response" as const,
        wantsNotices: true,
        probe: "functions" as const,
        proof: { spi: 0x010203, nonce: Buffer.alloc(16, 0xbb), mac: Buffer.alloc(32, 0xcc), signed: [255] },
        copyOf: "request" as const,
        offers: [{ chain: "video", servicePath: { spi: 8, serviceIndex: 2, ttl: 62 } }],
      },
    },
    hex: `${signature}211100730a0000010a00000204d20050${"e000080fc202fe010203fe"}${"e1000101"}${"e3000101"}${"e2000101"}${"e4000100"}${"e5000d0f8202fe00000802766964656f"}${"e6000101"}${`e70035${"01010203"}${"bb".repeat(16)}${"cc".repeat(32)}ff`}`,
  },
];

describe("in front of a datagram", () => {
  const header = { source, destination, tlvs: { direction: "response" as const, isRefused: true } };
  const bytes = encodeProxyHeader({ ...header, transport: "udp" });

  test("the family is UDP, and what it says is read back", () => {
    expect(bytes.toString("hex")).toBe(`${signature}211200140a0000010a00000204d20050e2000101e8000101`);
    expect(readProxyHeader(bytes, 0, bytes.length, "udp")).toEqual({
      ...{ kind: "header", command: "proxy", bytesUsed: bytes.length },
      ...header,
    });
  });

  test("a header of the other transport is refused", () => {
    const tcp = encodeProxyHeader(header);
    expect(readProxyHeader(bytes, 0, bytes.length)).toMatchObject({ reason: /0x12, only TCP/ });
    expect(readProxyHeader(tcp, 0, tcp.length, "udp")).toMatchObject({ reason: /0x11, only UDP/ });
  });
});

describe("a PROXY header", () => {
  test.each(golden)("of $name has these bytes", ({ header, hex }) => {
    expect(encodeProxyHeader(header).toString("hex")).toBe(hex);
    expect(read(hex)).toEqual({ kind: "header", command: "proxy", bytesUsed: hex.length / 2, ...header });
  });

  test("of the sender itself has no addresses", () => {
    expect(encodeLocalProxyHeader().toString("hex")).toBe(`${signature}20000000`);
    expect(read(`${signature}20000000`)).toEqual({ kind: "header", command: "local", bytesUsed: 16, tlvs: {} });
  });

  test("of a local sender may carry addresses, which are skipped", () => {
    expect(read(tcp4.replace("2111", "2011"))).toEqual({ kind: "header", command: "local", bytesUsed: 28, tlvs: {} });
  });

  test("of mixed families becomes IPv6 and is read back as it was", () => {
    const header = encodeProxyHeader({ source, destination: { address: "::1", port: 80 } });
    expect(readProxyHeader(header, 0, header.length)).toMatchObject({
      source,
      destination: { address: "::1", port: 80 },
    });
  });

  test("leaves the bytes behind it alone and skips foreign fields", () => {
    const withForeign = `${signature}211100120a0000010a00000204d20050${"0300030a0b0c"}`;
    expect(read(`${withForeign}47455420`)).toMatchObject({ kind: "header", bytesUsed: 34, tlvs: {} });
  });

  test("is not written for what is no address", () => {
    expect(() => encodeProxyHeader({ source: { address: "pod-1", port: 1 }, destination })).toThrow(
      '"pod-1" is not an IP address',
    );
  });
});

describe("a PROXY header is refused for", () => {
  const cases = [
    { name: "another version", hex: `${signature}1111000c`, reason: "PROXY header has version 1, only 2 is known" },
    { name: "an unknown command", hex: `${signature}2211000c`, reason: "PROXY header has unknown command 2" },
    {
      name: "datagrams",
      hex: `${signature}2112000c`,
      reason: "PROXY header has family 0x12, only TCP over IPv4 or IPv6 is accepted",
    },
    { name: "its length", hex: `${signature}21110209`, reason: "PROXY header has 537 bytes, at most 536 are accepted" },
    {
      name: "missing addresses",
      hex: `${signature}211100040a000001`,
      reason: "PROXY header is shorter than its addresses",
    },
    { name: "a field cut off in its head", hex: withTlvs("e000"), reason: "PROXY header ends inside a TLV" },
    {
      name: "a field longer than the header",
      hex: withTlvs("e0000900"),
      reason: "PROXY header's TLV 0xe0 is longer than the header",
    },
    {
      name: "a path header of the wrong length",
      hex: withTlvs("e00001ff"),
      reason: "service path TLV has 1 bytes instead of 8",
    },
    {
      name: "a path header that is malformed",
      hex: withTlvs("e000084fc202fe010203fe"),
      reason: "service path header has version 1, only 0 is known",
    },
    {
      name: "two path headers",
      hex: withTlvs("e000080fc202fe010203fe".repeat(2)),
      reason: "PROXY header carries two service path headers",
    },
    { name: "a flag that is none", hex: withTlvs("e1000102"), reason: "per-request TLV is not one byte of 0 or 1" },
    { name: "an empty direction", hex: withTlvs("e20000"), reason: "direction TLV is not one byte of 0 or 1" },
    {
      name: "a proof that is too short",
      hex: withTlvs("e7000101"),
      reason: "transit proof has 1 bytes, at least 52 are needed",
    },
    {
      name: "two proofs",
      hex: withTlvs(`e70034${"01".repeat(52)}`.repeat(2)),
      reason: "PROXY header carries two transit proofs",
    },
    { name: "a probe of nobody", hex: withTlvs("e6000102"), reason: "probe TLV is not one byte of 0 or 1" },
    { name: "two probes", hex: withTlvs("e6000100e6000100"), reason: "PROXY header is a probe twice" },
    { name: "two directions", hex: withTlvs("e2000100e2000101"), reason: "PROXY header carries two directions" },
    {
      name: "an offer of no path",
      hex: withTlvs("e50004766964656f"),
      reason: "service path header is shorter than 8 bytes",
    },
    { name: "a copy of no direction", hex: withTlvs("e4000102"), reason: "copy TLV is not one byte of 0 or 1" },
    { name: "a copy of two directions", hex: withTlvs("e4000100e4000101"), reason: "PROXY header is of two copies" },
  ];

  test.each(cases)("$name", ({ hex, reason }) => {
    expect(read(hex)).toEqual({ kind: "rejected", reason });
  });
});

describe("bytes that are not all there", () => {
  const full = golden.at(-1);

  test("are partial up to the last one, wherever the header starts", () => {
    const bytes = Buffer.from(`eeee${full?.hex}`, "hex");
    for (let end = 2; end < bytes.length; end++) expect(readProxyHeader(bytes, 2, end)).toEqual({ kind: "partial" });
    expect(readProxyHeader(bytes, 2, bytes.length).kind).toBe("header");
  });

  test("are absent at the first byte that differs from the signature", () => {
    for (let wrong = 0; wrong < 12; wrong++) {
      const bytes = Buffer.from(tcp4, "hex");
      bytes[wrong] = (bytes[wrong] ?? 0) ^ 1;
      expect(readProxyHeader(bytes, 0, wrong).kind).toBe("partial");
      expect(readProxyHeader(bytes, 0, wrong + 1)).toEqual({ kind: "absent" });
    }
  });
});

test("random bytes behind the signature never throw and never ask for more than the limit", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 600 }), fc.constantFrom("", "2111", "2121", "2000"), (tail, head) => {
      const bytes = Buffer.concat([Buffer.from(signature + head, "hex"), tail]);
      const result = readProxyHeader(bytes, 0, bytes.length);
      expect(["partial", "header", "rejected"]).toContain(result.kind);
      if (bytes.length >= PROXY_HEADER_BYTES_MAX) expect(result.kind).not.toBe("partial");
      if (result.kind === "header") expect(result.bytesUsed).toBeLessThanOrEqual(bytes.length);
    }),
  );
});

function withTlvs(hex: string): string {
  return `${signature}2111${(12 + hex.length / 2).toString(16).padStart(4, "0")}0a0000010a00000204d20050${hex}`;
}

function read(hex: string) {
  const bytes = Buffer.from(hex, "hex");
  return readProxyHeader(bytes, 0, bytes.length);
}
