import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { answerChallenge, sqnOfBytes } from "../aka/challenge.ts";
import { subscriberKey } from "../aka/subscriber-key.ts";
import { generateVector, identify, nextSqn, type VectorRequest } from "./rules.ts";

const supi = "imsi-001010000000001";
const key = subscriberKey("weft", supi);
const servingNetworkName = "5G:mnc001.mcc001.3gppnetwork.org";

function vectorRequest(changes: Partial<VectorRequest> = {}): VectorRequest {
  return {
    supi,
    subscription: {
      authenticationMethod: "5G_AKA",
      encPermanentKey: Buffer.from(key.k).toString("hex"),
      encOpcKey: Buffer.from(key.opc).toString("hex"),
      algorithmId: "milenage",
      sequenceNumber: { sqn: "0000000000a0" },
    },
    request: { servingNetworkName, ausfInstanceId: "11111111-1111-4111-8111-111111111111" },
    rand: Buffer.alloc(16, 7),
    nowMs: 1,
    ...changes,
  };
}

describe("an identity", () => {
  const cases = [
    { name: "that is a SUPI stays itself", text: supi, expected: supi },
    { name: "in the null scheme is read out of the SUCI", text: "suci-0-001-01-0000-0-0-0000000001", expected: supi },
    { name: "under another scheme is refused", text: "suci-0-001-01-0000-1-1-0a0b", expected: undefined },
    { name: "that is neither is refused", text: "nobody", expected: undefined },
    { name: "with too short an MSIN is refused", text: "suci-0-001-01-0000-0-0-1", expected: undefined },
  ];
  test.each(cases)("$name", ({ text, expected }) => {
    const found = identify(text);
    if (expected) expect(found).toEqual({ kind: "subscriber", supi: expected });
    else expect(found).toMatchObject({ kind: "refused", reply: { status: 400 } });
  });
});

test("sequence numbers only rise, and follow the clock when it is ahead", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: (1n << 42n) - 1n }), fc.nat(2_000_000_000), (sequence, nowMs) => {
      const next = nextSqn(sequence << 5n, nowMs);
      expect(next).toBeGreaterThan(sequence << 5n);
      expect(next >> 5n >= BigInt(nowMs)).toBe(true);
    }),
  );
});

test("a vector is one the subscriber's UE accepts", () => {
  const decision = generateVector(vectorRequest());
  if (decision.kind !== "vector") throw new Error(decision.kind);
  const { rand, autn, xresStar } = decision.result.authenticationVector as Record<string, string>;
  const answer = answerChallenge({
    key,
    rand: Buffer.from(rand ?? "", "hex"),
    autn: Buffer.from(autn ?? "", "hex"),
    sqnMax: sqnOfBytes(Buffer.from("0000000000a0", "hex")),
    servingNetworkName,
  });
  expect(answer).toMatchObject({ kind: "response", resStar: Buffer.from(xresStar ?? "", "hex") });
});

describe("after a synchronisation failure", () => {
  const first = generateVector(vectorRequest());
  if (first.kind !== "vector") throw new Error(first.kind);
  const { rand = "", autn = "" } = first.result.authenticationVector as Record<string, string>;
  const ahead = { key, sqnMax: 1n << 40n, servingNetworkName };
  const failure = answerChallenge({ ...ahead, rand: Buffer.from(rand, "hex"), autn: Buffer.from(autn, "hex") });
  if (failure.kind !== "synch-failure") throw new Error(failure.kind);
  const request = vectorRequest().request;

  test("the next vector is beyond the UE's sequence number", () => {
    const auts = failure.auts.toString("hex");
    const decision = generateVector(vectorRequest({ request: { ...request, resynchronizationInfo: { rand, auts } } }));
    expect(decision.kind === "vector" && decision.sqn > 1n << 40n).toBe(true);
  });

  test("a forged AUTS is refused", () => {
    const auts = "00".repeat(14);
    const decision = generateVector(vectorRequest({ request: { ...request, resynchronizationInfo: { rand, auts } } }));
    expect(decision).toMatchObject({
      kind: "refused",
      reply: { status: 403, body: { cause: "AUTHENTICATION_REJECTED" } },
    });
  });
});
