import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatIpAddress, parseIpAddress, toIpv6Bytes } from "./ip-address.ts";

const addresses: readonly {
  readonly name: string;
  readonly text: string;
  readonly hex: string;
  readonly shown?: string;
}[] = [
  { name: "IPv4", text: "10.1.2.255", hex: "0a0102ff" },
  { name: "the unspecified IPv6", text: "::", hex: "00".repeat(16) },
  { name: "IPv6 loopback", text: "::1", hex: `${"00".repeat(15)}01` },
  { name: "zeros in the middle", text: "fe80::1:0:0:2", hex: "fe800000000000000001000000000002" },
  { name: "the longest run of zeros", text: "1:0:0:2::3", hex: "00010000000000020000000000000003" },
  { name: "no zeros at all", text: "1:2:3:4:5:6:7:8", hex: "00010002000300040005000600070008" },
  { name: "one zero group, which is not shortened", text: "1:2:3:0:5:6:7:8", hex: "00010002000300000005000600070008" },
  { name: "upper case", text: "2001:DB8::A", hex: "20010db800000000000000000000000a", shown: "2001:db8::a" },
  {
    name: "IPv4 inside IPv6",
    text: "64:ff9b::192.0.2.1",
    hex: "0064ff9b0000000000000000c0000201",
    shown: "64:ff9b::c000:201",
  },
  { name: "IPv4-mapped IPv6, which is IPv4", text: "::ffff:10.0.0.1", hex: "0a000001", shown: "10.0.0.1" },
];

describe("an address", () => {
  test.each(addresses)("$name is read and written", ({ text, hex, shown }) => {
    const bytes = parseIpAddress(text);
    expect(bytes && Buffer.from(bytes).toString("hex")).toBe(hex);
    if (bytes) expect(formatIpAddress(bytes, 0, bytes.length === 4 ? 4 : 16)).toBe(shown ?? text);
  });

  const wrong = [
    "",
    "1.2.3",
    "1.2.3.4.5",
    "1.2.3.256",
    "01.2.3.4",
    "1.2.3.-4",
    "a.b.c.d",
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8:9",
    "12345::",
    "g::",
    "fe80::1%eth0",
    "1.2.3.4::",
    "localhost",
  ];

  test.each(wrong)("%j is none", (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });

  test("any 16 bytes survive being written and read", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(0, 0, 0, 1, 255), { minLength: 16, maxLength: 16 }), (octets) => {
        const bytes = Uint8Array.from(octets);
        const read = parseIpAddress(formatIpAddress(bytes, 0, 16));
        expect(read && toIpv6Bytes(read)).toEqual(bytes);
      }),
    );
  });

  test("random text never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."0123456789abcdef:.%"), maxLength: 50 }), (text) => {
        const bytes = parseIpAddress(text);
        expect([undefined, 4, 16]).toContain(bytes?.length);
      }),
    );
  });
});
