import { Buffer } from "node:buffer";
import { expect, test } from "vitest";
import type { KnownSession } from "./session-cache.ts";
import { SessionCache } from "./session-cache.ts";

function session(expiresAtMs = 1000): KnownSession {
  const peer = { id: "spiffe://td/ns/a/sa/b", trustDomain: "td", namespace: "a", serviceAccount: "b" };
  return { ticket: Buffer.alloc(1), peer, expiresAtMs };
}

test("the session set longest ago makes room", () => {
  const cache = new SessionCache(2);
  for (const key of ["a", "b", "a", "c"]) cache.set(key, session());
  expect(["a", "b", "c"].map((key) => cache.get(key, 0) !== undefined)).toEqual([true, false, true]);
});

test("a session ends with the certificate that it began with", () => {
  const cache = new SessionCache(2);
  cache.set("a", session(1000));
  expect(cache.get("a", 999)).toBeDefined();
  expect(cache.get("a", 1000)).toBeUndefined();
  expect(cache.count).toBe(0);
});
