import { expect, test } from "vitest";
import { parseQuantity, quantityOr } from "./quantity.ts";

const cases: readonly { text: string | number; value: number }[] = [
  { text: "250m", value: 0.25 },
  { text: "1.5Gi", value: 1.5 * 2 ** 30 },
  { text: "64Ki", value: 64 * 2 ** 10 },
  { text: "100M", value: 1e8 },
  { text: "2e3", value: 2000 },
  { text: "1E", value: 1e18 },
  { text: "+.5k", value: 500 },
  { text: "7", value: 7 },
  { text: 3, value: 3 },
];

test.each(cases)("parseQuantity($text) is $value in base units", ({ text, value }) => {
  expect(parseQuantity(text)).toEqual({ kind: "quantity", value });
});

test.each(["", "1 Gi", "Gi", "1Gib", "mi", "0x10", "1mi", "1K", "1ki", "1".repeat(65), Number.NaN])(
  "parseQuantity rejects %j with a reason",
  (text) => {
    expect(parseQuantity(text)).toMatchObject({ kind: "rejected", reason: expect.stringMatching(/\w/) });
  },
);

test("quantityOr falls back only where nothing readable stands", () => {
  expect([quantityOr("2", 9), quantityOr(undefined, 9), quantityOr("nonsense", 9)]).toEqual([2, 9, 9]);
});
