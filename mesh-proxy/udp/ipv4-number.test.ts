import fc from "fast-check";
import { expect, test } from "vitest";
import { formatIpv4, parseIpv4 } from "./ipv4-number.ts";

test("an address is the same as a number and as a text", () => {
  expect([parseIpv4("127.0.0.1"), formatIpv4(0x7f000001)]).toEqual([0x7f000001, "127.0.0.1"]);
  fc.assert(fc.property(fc.nat(0xffffffff), (address) => parseIpv4(formatIpv4(address)) === address));
});

test.each([
  "",
  "1.2.3",
  "1.2.3.4.5",
  "1.2.3.256",
  "1..2.3",
  "1.2.3.",
  ".1.2.3",
  "1.2.3.0004",
  "::1",
  "a.b.c.d",
  "1.2.3.4 ",
])("%j is none", (text) => expect(parseIpv4(text)).toBe(-1));
