import { expect, test } from "vitest";
import { matchesOverlap } from "./match-overlap.ts";
import type { HttpMatch, SubscriberMatch, TrafficMatch } from "./traffic-match.ts";

const range = (start: string, end: string): SubscriberMatch => ({ type: "Range", start, end });
const supi = (match: SubscriberMatch): TrafficMatch => ({ http: { supis: [match] } });
const http = (match: HttpMatch): TrafficMatch => ({ http: match });
const path = (type: "Exact" | "Prefix", value: string) => http({ paths: [{ type, value }] });

const pairs: readonly (readonly [string, TrafficMatch | undefined, TrafficMatch, boolean])[] = [
  ["everything and anything", undefined, http({ methods: ["GET"] }), true],
  ["two methods", http({ methods: ["GET"] }), http({ methods: ["PUT", "POST"] }), false],
  ["a method and a host", http({ methods: ["GET"] }), http({ hosts: ["a"] }), true],
  ["a host and its wildcard", http({ hosts: ["a.b.c"] }), http({ hosts: ["*.b.c"] }), true],
  ["a domain and the wildcard below it", http({ hosts: ["b.c"] }), http({ hosts: ["*.b.c"] }), false],
  ["nested wildcards", http({ hosts: ["*.a.b"] }), http({ hosts: ["*.b"] }), true],
  ["other wildcards", http({ hosts: ["*.a"] }), http({ hosts: ["*.b"] }), false],
  ["nested prefixes", path("Prefix", "/a"), path("Prefix", "/a/b/"), true],
  ["prefixes that share letters only", path("Prefix", "/a"), path("Prefix", "/ab"), false],
  ["a path in a prefix", path("Exact", "/a/b"), path("Prefix", "/a"), true],
  ["a path above a prefix", path("Exact", "/a"), path("Prefix", "/a/b"), false],
  ["one header with two values", http({ headers: [{ name: "x", value: "1" }] }), http({ headers: [{ name: "x", value: "2" }] }), false],
  ["two headers", http({ headers: [{ name: "x", value: "1" }] }), http({ headers: [{ name: "y", value: "2" }] }), true],
  ["nested blocks", { sources: ["10.0.0.0/8"] }, { sources: ["10.1.0.0/16"] }, true],
  ["neighbouring blocks", { sources: ["10.0.0.0/16"] }, { sources: ["10.1.0.0/16"] }, false],
  ["server names", { serverNames: ["a.b"] }, { serverNames: ["*.b"] }, true],
  ["other server names", { serverNames: ["a.b"] }, { serverNames: ["*.a"] }, false],
  ["ranges that touch", supi(range("20893", "20895")), supi(range("20895", "20899")), true],
  ["ranges apart", supi(range("20893", "20894")), supi(range("20895", "20899")), false],
  ["ranges of other lengths", supi(range("20893", "20894")), supi(range("208930", "208940")), false],
  ["a subscriber in a range", supi({ type: "Exact", value: "imsi-20894" }), supi(range("20893", "20895")), true],
  ["a subscriber behind a range", supi({ type: "Exact", value: "imsi-20896" }), supi(range("20893", "20895")), false],
  ["a prefix across a range", supi({ type: "Prefix", value: "imsi-2089" }), supi(range("20893", "20895")), true],
  ["a prefix beside a range", supi({ type: "Prefix", value: "imsi-2088" }), supi(range("20893", "20895")), false],
  ["a name in a realm and a range", supi({ type: "Prefix", value: "nai-" }), supi(range("20893", "20895")), false],
  ["nested prefixes of subscribers", supi({ type: "Prefix", value: "imsi-2" }), supi({ type: "Prefix", value: "imsi-20" }), true],
]; // biome-ignore format: a table

test.each(pairs)("%s", (_, a, b, expected) => {
  expect([matchesOverlap(a, b), matchesOverlap(b, a)]).toEqual([expected, expected]);
});
