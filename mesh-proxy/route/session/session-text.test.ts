import fc from "fast-check";
import { expect, test } from "vitest";
import type { SessionPersistence } from "../../../core/model/request-rule.ts";
import { headOfFields } from "../match/head-of-fields.ts";
import { sessionReader } from "./session-text.ts";

const cookie: SessionPersistence = { carrier: "cookie", name: "weft" };
const header: SessionPersistence = { carrier: "header", name: "x-session" };

function read(policy: SessionPersistence, ...lines: readonly (readonly [string, string])[]): string | undefined {
  return sessionReader(policy)(headOfFields([":method", "GET", ":path", "/", ...lines.flat()]));
}

test.each([
  ["alone", [["cookie", "weft=abc"]], "abc"],
  ["among others", [["cookie", "a=1; weft=abc; b=2"]], "abc"],
  [
    "in another line",
    [
      ["cookie", "a=1"],
      ["cookie", "weft=abc"],
    ],
    "abc",
  ],
  ["without white space", [["cookie", "a=1;weft=abc"]], "abc"],
  ["empty", [["cookie", "weft="]], ""],
  ["with a sign of equality in it", [["cookie", "weft=a=b"]], "a=b"],
  ["twice, the first", [["cookie", "weft=a; weft=b"]], "a"],
  ["that only begins like it", [["cookie", "wefts=a; wef=b"]], undefined],
  ["in another case", [["cookie", "Weft=a"]], undefined],
  ["without a value", [["cookie", "weft"]], undefined],
  ["of another header", [["x-cookie", "weft=a"]], undefined],
] as const)("a cookie %s", (_, lines, found) => {
  expect(read(cookie, ...lines)).toBe(found);
});

test("a header is read whole, whatever case its name is in", () => {
  expect(read(header, ["X-Session", "a; b"])).toBe("a; b");
  expect(read(header, ["x-sessions", "a"])).toBeUndefined();
});

test("the first cookie of that name is found among any others, however they are told apart", () => {
  const name = fc.constantFrom("weft", "wef", "wefts", "", "a");
  const value = fc.constantFrom("=", "=1", "=a=b", "=weft", "");
  const gap = fc.constantFrom(";", "; ", ";\t ", ";;");
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value, gap), { maxLength: 8 }), (cookies) => {
      const text = `${cookies.flat().join("")}end=1`;
      const [, wanted] = cookies.find(([own, rest]) => own === "weft" && rest !== "") ?? [];
      expect(read(cookie, ["cookie", text], ["x-next", "weft=no"])).toBe(wanted?.slice(1));
    }),
  );
});
