import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import { ByteRange } from "../match/byte-range.ts";
import { NormalPath } from "./normal-path.ts";

test.each([
  ["/admin/users", "/admin/users"],
  ["/", "/"],
  ["", "/"],
  ["//admin", "/admin"],
  ["/a//b///c/", "/a/b/c/"],
  ["/./admin", "/admin"],
  ["/public/../admin", "/admin"],
  ["/../../admin", "/admin"],
  ["/a/b/../../admin/.", "/admin/"],
  ["/a/..", "/"],
  ["\\admin\\x", "/admin/x"],
  ["/a\\..\\admin", "/admin"],
  ["/.hidden/..x/...", "/.hidden/..x/..."],
  ["/%2Fadmin", "/%2Fadmin"],
])("%s is %s", (path, normal) => {
  const bytes = Buffer.from(`xx${path}yy`);
  const range = new ByteRange();
  range.set(bytes, 2, bytes.length - 2);
  new NormalPath().apply(range);
  expect(range.bytes.toString("latin1", range.start, range.end)).toBe(normal);
});
