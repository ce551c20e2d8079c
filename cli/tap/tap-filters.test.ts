import { expect, test } from "vitest";
import { addTapFilter } from "./tap-filters.ts";

test("filters come one by one", () => {
  expect(addTapFilter("path=/a=b", { method: "GET" })).toEqual({ method: "GET", path: "/a=b" });
});

test.each(["", "path", "path=", "=x", "verb=GET", "method=POST"])("no filter: %j", (text) => {
  expect(addTapFilter(text, { method: "GET" })).toBeUndefined();
});
