import { describe, expect, test } from "vitest";
import { hresStarOf } from "../aka/five-g-keys.ts";
import { challengeOf, confirm, refuseNetwork } from "./rules.ts";

const network = "5G:mnc001.mcc001.3gppnetwork.org";
const vector = { rand: "11".repeat(16), autn: "22".repeat(16), xresStar: "33".repeat(16), kausf: "44".repeat(32) };
const { context, fiveGAuthData } = challengeOf(
  { supi: "imsi-001010000000001", authenticationVector: vector },
  network,
  30_000,
);

test("the serving network sees a hash of the expected response, never the response or a key", () => {
  const hxresStar = hresStarOf(Buffer.from(vector.rand, "hex"), Buffer.from(vector.xresStar, "hex")).toString("hex");
  expect(fiveGAuthData).toEqual({ rand: vector.rand, autn: vector.autn, hxresStar });
});

describe("a confirmation", () => {
  const cases = [
    { name: "with RES* equal to XRES* succeeds", resStar: vector.xresStar, nowMs: 0, kind: "confirmed" },
    { name: "may spell hex in capitals", resStar: vector.xresStar.toUpperCase(), nowMs: 30_000, kind: "confirmed" },
    { name: "with another RES* fails", resStar: "34".repeat(16), nowMs: 0, kind: "failed" },
    { name: "without RES* fails", resStar: null, nowMs: 0, kind: "failed" },
    { name: "that comes too late has no context any more", resStar: vector.xresStar, nowMs: 30_001, kind: "expired" },
  ];
  test.each(cases)("$name", ({ resStar, nowMs, kind }) => {
    expect(confirm(context, resStar, nowMs).kind).toBe(kind);
  });

  test("hands over the SUPI and KSEAF only when it succeeds", () => {
    expect(confirm(context, vector.xresStar, 0)).toEqual({
      kind: "confirmed",
      supi: "imsi-001010000000001",
      kseaf: context.kseaf,
    });
  });
});

test("a serving network that is not served is named in the refusal", () => {
  expect(refuseNetwork(network, [network])).toBeUndefined();
  expect(refuseNetwork("5G:mnc009.mcc001.3gppnetwork.org", [network])).toMatchObject({
    status: 403,
    body: { cause: "SERVING_NETWORK_NOT_AUTHORIZED", invalidParams: [{ param: "/servingNetworkName" }] },
  });
});
