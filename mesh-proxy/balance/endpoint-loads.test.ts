import { expect, test } from "vitest";
import { EndpointLoads } from "./endpoint-loads.ts";

function started() {
  const time = { ms: 0 };
  return { time, loads: new EndpointLoads(() => time.ms) };
}

test("what has begun and not ended is under way", () => {
  const { loads } = started();
  loads.began("a");
  loads.began("a");
  loads.ended("a");
  loads.ended("nobody");
  expect([loads.activeAt("a"), loads.activeAt("b")]).toEqual([1, 0]);
});

test("a slow answer counts at once, and is forgotten as time goes by", () => {
  const { loads, time } = started();
  loads.answered("a", 10);
  loads.answered("a", 200);
  loads.answered("a", 10);
  expect(loads.expectedMsAt("a")).toBe(200);
  time.ms = 10_000;
  expect(loads.expectedMsAt("a")).toBeCloseTo(200 / Math.E, 6);
  loads.answered("a", 10);
  expect(loads.expectedMsAt("a")).toBeCloseTo(200 / Math.E + 10 * (1 - 1 / Math.E), 6);
});

test("each that is under way is waited for; who has never answered is tried once, and not by everybody", () => {
  const { loads } = started();
  loads.answered("a", 10);
  loads.began("a");
  loads.began("new");
  expect(loads.expectedMsAt("a")).toBe(20);
  expect([loads.expectedMsAt("unheard of"), loads.expectedMsAt("new")]).toEqual([0, 1000]);
});

test("endpoints at rest make room, those at work do not", () => {
  const { loads } = started();
  loads.began("at work");
  for (let index = 0; index < 3000; index++) loads.answered(`${index}`, 5);
  expect(loads.activeAt("at work")).toBe(1);
  expect(loads.expectedMsAt("0")).toBe(0);
  expect(loads.expectedMsAt("2999")).toBe(5);
});
