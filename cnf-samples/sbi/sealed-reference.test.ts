import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ReferenceSealer } from "./sealed-reference.ts";

const sealer = new ReferenceSealer("secret", randomBytes);

test("a reference opens to the state it was sealed with, on any replica with the secret", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.string()), (dictionary) => {
      const state = JSON.parse(JSON.stringify(dictionary)) as unknown;
      expect(new ReferenceSealer("secret", randomBytes).open(sealer.seal(state))).toEqual(state);
    }),
  );
});

test("a reference shows nothing of its state, and fits in a path", () => {
  const reference = sealer.seal({ supi: "imsi-001010000000001" });
  expect(reference).toMatch(/^[A-Za-z0-9_-]+$/);
  expect(Buffer.from(reference, "base64url").includes("imsi")).toBe(false);
});

test("a changed, foreign or made-up reference does not open", () => {
  const bytes = Buffer.from(sealer.seal({ a: 1 }), "base64url");
  bytes[20] = (bytes[20] ?? 0) ^ 1;
  const foreign = new ReferenceSealer("other", randomBytes).seal({ a: 1 });
  const made = ["", "x", bytes.toString("base64url"), foreign, "A".repeat(60), "A".repeat(3000)];
  expect(made.map((reference) => sealer.open(reference))).toEqual(made.map(() => undefined));
});
