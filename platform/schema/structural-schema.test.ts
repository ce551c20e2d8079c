import { expect, test } from "vitest";
import { z } from "zod";
import { byteRate } from "./byte-rate.ts";
import { ruled } from "./ruled.ts";
import { structuralSchema } from "./structural-schema.ts";

test("a union of integer and string becomes int-or-string", () => {
  const { "x-kubernetes-validations": rules, ...schema } = structuralSchema(byteRate);
  expect(schema).toMatchObject({
    "x-kubernetes-int-or-string": true,
    anyOf: [{ type: "integer" }, { type: "string" }],
    maxLength: 32,
  });
  expect(rules).toHaveLength(1);
});

test("no other union gets through", () => {
  expect(() => structuralSchema(z.object({ a: z.union([z.boolean(), z.string()]) }))).toThrow(/union/);
});

test("strictness is left to the API server, bounds that every integer has are left out", () => {
  expect(structuralSchema(z.strictObject({ a: z.int(), b: z.record(z.string(), z.int().max(5)) }))).toEqual({
    type: "object",
    required: ["a", "b"],
    properties: {
      a: { type: "integer" },
      b: { type: "object", additionalProperties: { type: "integer", maximum: 5 } },
    },
  });
});

test("a rule is told to the API server and to Zod", () => {
  const schema = ruled(z.int(), { cel: "self % 2 == 0", message: "must be even", holds: (value) => value % 2 === 0 });
  expect(structuralSchema(schema)).toEqual({
    type: "integer",
    "x-kubernetes-validations": [{ rule: "self % 2 == 0", message: "must be even" }],
  });
  expect(schema.safeParse(3).error?.issues[0]?.message).toBe("must be even");
});
