import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { readTransitProof, transitProofByteCount, writeTransitProof } from "./transit-proof.ts";

const nonce = Buffer.from("000102030405060708090a0b0c0d0e0f", "hex");
const mac = Buffer.alloc(32, 0xaa);
const proof = { spi: 0x010203, nonce, mac, signed: [3, 1] };
const hex = `01010203${nonce.toString("hex")}${mac.toString("hex")}0301`;

test("a proof has these bytes, and is read back as it was", () => {
  const bytes = Buffer.alloc(transitProofByteCount(proof) + 2);
  writeTransitProof(proof, bytes, 1);
  expect(bytes.toString("hex")).toBe(`00${hex}00`);
  expect(readTransitProof(Buffer.from(hex, "hex"))).toEqual({ kind: "proof", proof });
});

const cases = [
  { name: "its length", bytes: hex.slice(0, 102), reason: "transit proof has 51 bytes, at least 52 are needed" },
  { name: "another version", bytes: `02${hex.slice(2)}`, reason: "transit proof has version 2, only 1 is known" },
  {
    name: "an index twice",
    bytes: `${hex}01`,
    reason: "transit proof's service indexes do not count down to 1 or more",
  },
  {
    name: "the destination's index",
    bytes: `${hex}00`,
    reason: "transit proof's service indexes do not count down to 1 or more",
  },
  { name: "too many of them", bytes: hex + "01".repeat(254), reason: "transit proof is signed more than 255 times" },
];

test.each(cases)("a proof is refused for $name", ({ bytes, reason }) => {
  expect(readTransitProof(Buffer.from(bytes, "hex"))).toEqual({ kind: "rejected", reason });
});
