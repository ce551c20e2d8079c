import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { proxyHeaderBytesMax, readProxyHeader } from "./proxy-header.ts";

const signature = "0d0a0d0a000d0a515549540a";
/** Written out by hand from the PROXY protocol specification. */
const ipv4 = `${signature} 21 11 0010 7f000005 7f000009 8001 1f90  e2 0001 01`;
const ipv6 = `${signature} 21 21 002b 20010db8000000000000000000000001 00000000000000000000000000000002 0050 01bb 04 0004 00000000`;
const bytesOf = (hex: string) => Buffer.from(hex.replace(/\s/g, ""), "hex");

test("a flow over IPv4 has its addresses and its direction", () => {
  expect(readProxyHeader(Buffer.concat([bytesOf(ipv4), Buffer.from("GET /")]))).toEqual({
    kind: "header",
    length: 32,
    header: {
      source: { host: "127.0.0.5", port: 0x8001 },
      destination: { host: "127.0.0.9", port: 8080 },
      direction: "response",
    },
  });
});

test("a flow over IPv6 has canonical addresses, and no direction where none is given", () => {
  expect(readProxyHeader(bytesOf(ipv6))).toMatchObject({
    header: {
      source: { host: "2001:db8::1", port: 80 },
      destination: { host: "::2", port: 443 },
      direction: undefined,
    },
  });
});

test("a header is unfinished until its last byte", () => {
  const whole = bytesOf(ipv4);
  for (let length = 0; length < whole.length; length++) {
    expect(readProxyHeader(whole.subarray(0, length)).kind).toBe("unfinished");
  }
});

describe("a header is malformed", () => {
  const cases = [
    { name: "from its first wrong byte", hex: "47" },
    { name: "of version 1", hex: Buffer.from("PROXY TCP4 ").toString("hex") },
    { name: "that tells of no flow", hex: `${signature} 20 00 0000` },
    { name: "over UDP", hex: `${signature} 21 12 000c 7f000005 7f000009 8001 1f90` },
    { name: "shorter than its addresses", hex: `${signature} 21 11 000b 7f000005 7f000009 8001 1f` },
    { name: "over the limit, before its bytes have come", hex: `${signature} 21 11 ffff` },
    {
      name: "with a TLV that runs over the end",
      hex: `${signature} 21 11 0010 7f000005 7f000009 8001 1f90 e2 0002 01`,
    },
    { name: "with half a path", hex: `${signature} 21 11 0013 7f000005 7f000009 8001 1f90 e0 0004 0fc202fe` },
    {
      name: "with an offer of no chain",
      hex: `${signature} 21 11 0017 7f000005 7f000009 8001 1f90 e5 0008 0fc202fe00000702`,
    },
    { name: "with a direction that is none", hex: `${signature} 21 11 0010 7f000005 7f000009 8001 1f90 e2 0001 02` },
  ];
  test.each(cases)("$name", ({ hex }) => {
    expect(readProxyHeader(bytesOf(hex)).kind).toBe("malformed");
  });
});

test("any bytes after the signature are read without harm", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 2 * proxyHeaderBytesMax }), (tail) => {
      const read = readProxyHeader(Buffer.concat([bytesOf(signature), tail]));
      if (read.kind === "header") expect(read.length).toBeLessThanOrEqual(proxyHeaderBytesMax);
    }),
  );
});
