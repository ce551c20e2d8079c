import { describe, expect, test } from "vitest";
import { addressText, endpointOf, peerEndpoint, upstreamUrl } from "./config-fields.ts";

describe("an upstream", () => {
  const cases = [
    { name: "may be http", url: "http://127.0.0.1:15011", endpoint: { host: "127.0.0.1", port: 15011 } },
    { name: "may be tcp", url: "tcp://upf-n6:15017", endpoint: { host: "upf-n6", port: 15017 } },
    { name: "may be port 80", url: "http://127.0.0.1:80/", endpoint: { host: "127.0.0.1", port: 80 } },
    { name: "may be IPv6", url: "tcp://[::1]:9000", endpoint: { host: "::1", port: 9000 } },
  ];
  test.each(cases)("$name", ({ url, endpoint }) => {
    expect(upstreamUrl.safeParse(url).success).toBe(true);
    expect(endpointOf(url)).toEqual(endpoint);
  });

  test.each(["127.0.0.1:80", "http://127.0.0.1", "https://127.0.0.1:443", "http://a:1/path", "http://a:1?x"])(
    "is not %s",
    (url) => {
      expect(upstreamUrl.safeParse(url).success).toBe(false);
    },
  );
});

test("a peer has the protocol's port unless it names one", () => {
  expect(peerEndpoint("127.0.0.9", 8805)).toEqual({ host: "127.0.0.9", port: 8805 });
  expect(peerEndpoint("upf:8806", 8805)).toEqual({ host: "upf", port: 8806 });
});

test("an address is written as it is dialled", () => {
  expect([addressText({ host: "::1", port: 1 }), addressText({ host: "a", port: 1 })]).toEqual(["[::1]:1", "a:1"]);
});
