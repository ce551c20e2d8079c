import { expect, test } from "vitest";
import type { OutlierDetection } from "../../../core/model/traffic-policy.ts";
import { OutlierBook } from "./outlier-book.ts";

const config: OutlierDetection = {
  consecutive5xxErrors: 3,
  ...{ minimumHosts: 3, requestVolume: 10, intervalMs: 1000, baseEjectionMs: 100, maxEjectionMs: 250 },
  ...{ maxEjectionPercent: 50, minHealthPercent: 0 },
};
const keys = ["a", "b", "c", "d"];
const failure = { isFailure: true, isGatewayError: false };
const success = { isFailure: false, isGatewayError: false, durationMs: 5 };

function bookOf(changes: Partial<OutlierDetection> = {}, known = keys): OutlierBook {
  const book = new OutlierBook({ ...config, ...changes });
  book.update({ ...config, ...changes }, known);
  return book;
}

function fail(book: OutlierBook, key: string, nowMs: number, times = 3): void {
  for (let time = 0; time < times; time++) book.observe(key, failure, nowMs);
}

const ejectedOf = (book: OutlierBook, nowMs: number) => keys.filter((key) => book.isEjected(key, nowMs));

test("errors in a row put an endpoint out at once, and a sound answer between them does not count with them", () => {
  const book = bookOf();
  fail(book, "a", 0, 2);
  book.observe("a", success, 0);
  fail(book, "a", 0, 2);
  expect(ejectedOf(book, 0)).toEqual([]);
  fail(book, "a", 0, 1);
  expect(ejectedOf(book, 99)).toEqual(["a"]);
  expect(ejectedOf(book, 100)).toEqual([]);
  expect(book.ejections.get("consecutive-5xx")).toBe(1);
});

test("each time it is out for longer, up to a limit, and sound windows make it shorter again", () => {
  const book = bookOf();
  const outFor: number[] = [];
  let nowMs = 0;
  for (let time = 0; time < 4; time++) {
    fail(book, "a", nowMs);
    outFor.push(book.ejectedUntilMs("a") - nowMs);
    nowMs = book.ejectedUntilMs("a");
  }
  expect(outFor).toEqual([100, 200, 250, 250]);
  for (let window = 0; window < 3; window++) book.look(nowMs);
  fail(book, "a", nowMs);
  expect(book.ejectedUntilMs("a") - nowMs).toBe(200);
});

test("no more than the share is out, but always one, and never all", () => {
  const half = bookOf();
  for (const key of keys) fail(half, key, 0);
  expect(ejectedOf(half, 0)).toEqual(["a", "b"]);
  const none = bookOf({ maxEjectionPercent: 0 });
  for (const key of keys) fail(none, key, 0);
  expect(ejectedOf(none, 0)).toEqual(["a"]);
  const all = bookOf({ maxEjectionPercent: 100 });
  for (const key of keys) fail(all, key, 0);
  expect(ejectedOf(all, 0)).toEqual(["a", "b", "c"]);
  const alone = bookOf({}, ["a"]);
  fail(alone, "a", 0);
  expect(ejectedOf(alone, 0)).toEqual([]);
});

test("peers are compared when a window ends, and then a new one begins", () => {
  const book = bookOf({ consecutive5xxErrors: undefined, failurePercentageThreshold: 50 });
  for (const key of keys) for (let at = 0; at < 10; at++) book.observe(key, key === "b" ? failure : success, 0);
  expect(ejectedOf(book, 0)).toEqual([]);
  book.look(1000);
  expect(ejectedOf(book, 1000)).toEqual(["b"]);
  book.look(1200);
  expect(ejectedOf(book, 1200)).toEqual([]);
  expect(book.ejections.get("failure-percentage")).toBe(1);
});

test("late answers to what was sent before say nothing, nor do those of endpoints that are gone", () => {
  const book = bookOf();
  fail(book, "a", 0);
  fail(book, "a", 50, 2);
  expect(book.isEjected("a", 100)).toBe(false);
  fail(book, "a", 100, 1);
  expect(book.isEjected("a", 100)).toBe(false);
  book.update(config, ["b", "c"]);
  fail(book, "a", 200);
  expect(book.isEjected("a", 200)).toBe(false);
});

test("what is known of endpoints that stay outlives a change of configuration", () => {
  const book = bookOf();
  fail(book, "a", 0);
  book.update({ ...config, consecutive5xxErrors: 1 }, keys);
  expect(ejectedOf(book, 50)).toEqual(["a"]);
  fail(book, "b", 50, 1);
  expect(ejectedOf(book, 50)).toEqual(["a", "b"]);
});
