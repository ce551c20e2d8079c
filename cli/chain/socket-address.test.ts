import { expect, test } from "vitest";
import { formatSocketAddress, parseSocketAddress } from "./socket-address.ts";

const cases = [
  { text: "10.0.0.5:40000", parsed: { address: "10.0.0.5", port: 40_000 } },
  { text: "[fd00::5]:1", parsed: { address: "fd00::5", port: 1 } },
  { text: "10.0.0.5", parsed: undefined },
  { text: "10.0.0.5:65536", parsed: undefined },
  { text: "fd00::5:1", parsed: undefined },
  { text: "[10.0.0.5]:1", parsed: undefined },
  { text: "amf-0:1", parsed: undefined },
];

test("an address is written as proxies write it", () => {
  expect(formatSocketAddress({ address: "FD00:0::5", port: 1 })).toBe("[fd00::5]:1");
});

test.each(cases)("$text is $parsed.address at $parsed.port", ({ text, parsed }) => {
  expect(parseSocketAddress(text)).toEqual(parsed);
});
