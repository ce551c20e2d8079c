import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { beginTransit, judgeTransit, signTransit } from "./sign-transit.ts";

const source = { address: "10.0.0.5", port: 40_000 };
const key = (serviceIndex: number, isOptional?: boolean) => ({
  serviceIndex,
  key: `${serviceIndex}`.repeat(64),
  ...(isOptional === undefined ? {} : { isOptional }),
});
const proof = { mode: "Report", keys: [key(3), key(2, true), key(1)] } as const;
const claim = { spi: 7, source };

function signed(...indexes: readonly number[]) {
  return indexes.reduce((before, index) => signTransit(before, key(index), source), beginTransit(7));
}

test("a signature is an HMAC over the one before, nonce, path, index and client", () => {
  const begun = { ...beginTransit(0x010203), nonce: Buffer.alloc(16, 1) };
  const place = `01020303${"00".repeat(10)}ffff0a0000059c40`;
  const bytes = Buffer.from("00".repeat(32) + "01".repeat(16) + place, "hex");
  const mac = createHmac("sha256", Buffer.from("3".repeat(64), "hex"))
    .update(bytes)
    .digest("hex");
  const result = signTransit(begun, key(3), source);
  expect([Buffer.from(result.mac).toString("hex"), result.signed]).toEqual([mac, [3]]);
});

test("a flow that every function signed is proved", () => {
  expect(judgeTransit(signed(3, 2, 1), proof, claim)).toEqual({ verdict: "proved", missing: [] });
});

test("a function that did not sign is named; one that may be bypassed makes a difference", () => {
  expect(judgeTransit(signed(3, 2), proof, claim)).toEqual({ verdict: "skipped", missing: [1] });
  expect(judgeTransit(signed(3, 1), proof, claim)).toEqual({ verdict: "bypassed", missing: [2] });
  expect(judgeTransit(signed(), proof, claim)).toEqual({ verdict: "skipped", missing: [3, 2, 1] });
});

test("without a proof, and with one of another path, it is absent", () => {
  expect(judgeTransit(undefined, proof, claim).verdict).toBe("absent");
  expect(judgeTransit(signed(3, 2, 1), proof, { ...claim, spi: 8 }).verdict).toBe("absent");
});

const whole = signed(3, 2, 1);
const forgeries = [
  { name: "another flow's", judged: () => judgeTransit(whole, proof, { ...claim, source: { ...source, port: 1 } }) },
  { name: "one with another nonce", judged: () => judgeTransit({ ...whole, nonce: Buffer.alloc(16) }, proof, claim) },
  { name: "one that names a function without its key", judged: () => judgeTransit({ ...signed(3, 1), signed: [3, 2, 1] }, proof, claim) },
  { name: "one signed out of order", judged: () => judgeTransit({ ...signed(1, 2, 3), signed: [3, 2, 1] }, proof, claim) },
  { name: "one with a key of no function of the path", judged: () => judgeTransit(signed(9, 3, 2, 1), proof, claim) },
]; // biome-ignore format: rows

test.each(forgeries)("$name is forged", ({ judged }) => {
  expect(judged().verdict).toBe("forged");
});
