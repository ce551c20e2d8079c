import { expect, test } from "vitest";
import type { NetworkLink } from "../model/split-network.ts";
import { underlayOf } from "./underlay.ts";

/** a - (b | c) - d with equal latencies, and a longer way a - e - d. */
const diamond = [link("a", "b"), link("a", "c"), link("b", "d"), link("c", "d"), link("a", "e", 2), link("e", "d", 2)];
const nodes = ["a", "b", "c", "d", "e", "alone"];

test("traffic is divided equally among the shortest paths, and longer ones carry none", () => {
  expect(underlayOf(nodes, diamond).routeBetween("a", "d")).toEqual({
    latencyMs: 2,
    shares: [
      { link: 0, share: 0.5 },
      { link: 1, share: 0.5 },
      { link: 2, share: 0.5 },
      { link: 3, share: 0.5 },
    ],
  });
});

test("the division is made anew at every node, not once for each path", () => {
  // From a: half over b, which has one way on, half over c, which has two.
  const links = [
    link("a", "b"),
    link("a", "c"),
    link("b", "x"),
    link("c", "x"),
    link("c", "y"),
    link("x", "t"),
    link("y", "t"),
  ];
  const route = underlayOf(["a", "b", "c", "x", "y", "t"], links).routeBetween("a", "t");
  expect(Object.fromEntries(route?.shares.map(({ link: index, share }) => [index, share]) ?? [])).toEqual({
    0: 0.5,
    1: 0.5,
    2: 0.5,
    3: 0.25,
    4: 0.25,
    5: 0.75,
    6: 0.25,
  });
});

test("parallel links share", () => {
  const route = underlayOf(["a", "b"], [link("a", "b"), link("a", "b")]).routeBetween("a", "b");
  expect(route?.shares.map(({ share }) => share)).toEqual([0.5, 0.5]);
});

test("latencies that decimals make differ in the last digit are equal", () => {
  const links = [link("a", "b", 0.1), link("b", "d", 0.2), link("a", "d", 0.3)];
  expect(underlayOf(["a", "b", "d"], links).routeBetween("a", "d")?.shares).toHaveLength(3);
});

test("a node reaches itself without a link, and no route is a value", () => {
  const underlay = underlayOf(nodes, diamond);
  expect(underlay.routeBetween("alone", "alone")).toEqual({ latencyMs: 0, shares: [] });
  expect(underlay.routeBetween("a", "alone")).toBeUndefined();
  expect(underlay.routeBetween("d", "a")).toBeUndefined();
});

test("nodes may be called like properties of objects", () => {
  const odd = ["__proto__", "constructor"];
  expect(underlayOf(odd, [link("__proto__", "constructor")]).routeBetween("__proto__", "constructor")).toEqual({
    latencyMs: 1,
    shares: [{ link: 0, share: 1 }],
  });
});

function link(from: string, to: string, latencyMs = 1): NetworkLink {
  return { from, to, latencyMs, capacity: 10 };
}
