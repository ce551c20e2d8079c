import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerChallenge, homeVector, openAuts } from "./challenge.ts";
import { hresStarOf, kamfOf, kseafOf } from "./five-g-keys.ts";
import { subscriberKey } from "./subscriber-key.ts";

const servingNetworkName = "5G:mnc001.mcc001.3gppnetwork.org";
const key = subscriberKey("weft", "imsi-001010000000001");
const rand = Buffer.from("23553cbe9637a89d218ae64dae47bf35", "hex");

describe("a challenge of the home network", () => {
  test("is answered by the UE with the expected response and the same KAUSF", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        fc.bigInt({ min: 1n, max: (1n << 48n) - 1n }),
        (anyRand, sqn) => {
          const vector = homeVector({ key, rand: anyRand, sqn, servingNetworkName });
          const answer = answerChallenge({
            key,
            rand: anyRand,
            autn: vector.autn,
            sqnMax: sqn - 1n,
            servingNetworkName,
          });
          expect(answer).toEqual({ kind: "response", resStar: vector.xresStar, kausf: vector.kausf, sqn });
        },
      ),
      { numRuns: 50 },
    );
  });

  test("fails on the MAC under another subscriber's key", () => {
    const { autn } = homeVector({ key, rand, sqn: 32n, servingNetworkName });
    const other = subscriberKey("weft", "imsi-001010000000002");
    expect(answerChallenge({ key: other, rand, autn, sqnMax: 0n, servingNetworkName })).toEqual({
      kind: "mac-failure",
    });
  });

  test("fails on the MAC when one bit of AUTN changed", () => {
    const { autn } = homeVector({ key, rand, sqn: 32n, servingNetworkName });
    autn[15] = (autn[15] ?? 0) ^ 1;
    expect(answerChallenge({ key, rand, autn, sqnMax: 0n, servingNetworkName }).kind).toBe("mac-failure");
  });

  test("that is replayed is refused with the UE's sequence number in AUTS", () => {
    const { autn } = homeVector({ key, rand, sqn: 32n, servingNetworkName });
    const answer = answerChallenge({ key, rand, autn, sqnMax: 77n, servingNetworkName });
    expect(answer.kind).toBe("synch-failure");
    if (answer.kind === "synch-failure") expect(openAuts(key, rand, answer.auts)).toBe(77n);
  });

  test("to another serving network gets another response", () => {
    const here = homeVector({ key, rand, sqn: 32n, servingNetworkName });
    const there = homeVector({ key, rand, sqn: 32n, servingNetworkName: "5G:mnc002.mcc001.3gppnetwork.org" });
    expect(there.xresStar).not.toEqual(here.xresStar);
  });
});

test("AUTS under another key is not opened", () => {
  const { autn } = homeVector({ key, rand, sqn: 1n, servingNetworkName });
  const answer = answerChallenge({ key, rand, autn, sqnMax: 5n, servingNetworkName });
  if (answer.kind !== "synch-failure") throw new Error(answer.kind);
  expect(openAuts(subscriberKey("other", "imsi-001010000000001"), rand, answer.auts)).toBeUndefined();
});

test("keys further down have the lengths TS 33.501 gives them", () => {
  const { xresStar, kausf } = homeVector({ key, rand, sqn: 32n, servingNetworkName });
  const kseaf = kseafOf(kausf, servingNetworkName);
  const kamf = kamfOf(kseaf, "imsi-001010000000001", Buffer.from("0000", "hex"));
  expect([hresStarOf(rand, xresStar), kseaf, kamf].map((bytes) => bytes.length)).toEqual([16, 32, 32]);
});
