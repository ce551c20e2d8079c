import { expect, test } from "vitest";
import { HeldRates } from "./held-rates.ts";

test("a rate stays until it has moved by more than its part", () => {
  const rates = new HeldRates(0.1);
  const held = (rate: number) => rates.hold("dn", new Map([["a", rate]])).get("a");
  expect([100, 109, 91, 111, 120, 0].map(held)).toEqual([100, 100, 100, 111, 111, 0]);
});

test("what is no longer measured is gone, and so is an owner that is forgotten", () => {
  const rates = new HeldRates(0.5);
  rates.hold(
    "dn",
    new Map([
      ["a", 100],
      ["b", 10],
    ]),
  );
  expect([...rates.hold("dn", new Map([["a", 120]]))]).toEqual([["a", 100]]);
  rates.keepOnly((owner) => owner !== "dn");
  expect([...rates.hold("dn", new Map([["a", 120]]))]).toEqual([["a", 120]]);
});

test("what moved far enough, came or went is told apart from what did not", () => {
  const rates = new HeldRates(0.1);
  const moved = (...all: readonly (readonly [string, number])[]) => rates.hasMoved("dn", new Map(all));
  expect(moved()).toBe(false);
  expect(moved(["a", 100])).toBe(true);
  rates.hold("dn", new Map([["a", 100]]));
  expect(moved(["a", 109])).toBe(false);
  expect(moved(["a", 111])).toBe(true);
  expect(moved(["a", 100], ["b", 0])).toBe(true);
  expect(moved()).toBe(true);
});
