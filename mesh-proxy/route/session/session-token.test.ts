import { expect, test } from "vitest";
import { formatSessionToken, parseSessionToken } from "./session-token.ts";

const endpoint = "0123456789abcdef";

test.each([
  ["a session without an end", { endpoint, times: undefined }],
  ["one that ends by itself", { endpoint, times: { beganS: 1_795_957_738, answeredS: 1_795_957_999 } }],
])("%s is read as it was written", (_, token) => {
  expect(parseSessionToken(formatSessionToken(token))).toEqual(token);
});

test.each([
  "",
  "0123",
  `${endpoint}0`,
  endpoint.toUpperCase(),
  `${endpoint}-`,
  `${endpoint}-1`,
  `${endpoint}-1-2-3`,
  `${endpoint}-1-${"z".repeat(60)}`,
])("%j is nobody's", (text) => {
  expect(parseSessionToken(text)).toBeUndefined();
});
