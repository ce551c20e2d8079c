import { expect, test } from "vitest";
import type { NetworkLink } from "../model/split-network.ts";
import { wrongWithRoute } from "./route-matrix.ts";
import { underlayOf, withRoutes } from "./underlay.ts";

/** a - (b | c) - d, the way over c twice as long; and d - b, back. */
const links = [link("a", "b"), link("b", "d"), link("a", "c", 2), link("c", "d", 2), link("d", "b")];
const nodes = ["a", "b", "c", "d"];
const uneven = {
  from: "a",
  to: "d",
  links: [
    { link: 0, share: 0.75 },
    { link: 1, share: 0.75 },
    { link: 2, share: 0.25 },
    { link: 3, share: 0.25 },
  ],
};

test("a given route divides as it says; its latency is the mean, and the slowest of its ways is known", () => {
  const underlay = underlayOf(nodes, links, { kind: "matrix", routes: [uneven] });
  expect(underlay.routeBetween("a", "d")).toEqual({ latencyMs: 0.75 * 2 + 0.25 * 4, shares: uneven.links });
  expect(underlay.routesTo(underlay.indexOf("d")).slowestMs[underlay.indexOf("a")]).toBe(4);
});

test("where no route is given none leads, and a node still reaches itself", () => {
  const underlay = underlayOf(nodes, links, { kind: "matrix", routes: [uneven] });
  expect(underlay.routeBetween("a", "b")).toBeUndefined();
  expect(underlay.routeBetween("b", "b")).toEqual({ latencyMs: 0, shares: [] });
});

test("what a byte costs and what it loads follow the given routes, and other pairs' their own", () => {
  const underlay = withRoutes(underlayOf(nodes, links), nodes, [uneven]);
  const toD = underlay.routesTo(underlay.indexOf("d"));
  const costs = new Float64Array(nodes.length);
  toD.costs(Float64Array.of(1, 10, 100, 1000, 0), costs);
  expect([...costs]).toEqual([0.75 * 11 + 0.25 * 1100, 10, 1000, 0]);
  const loads = new Float64Array(links.length);
  toD.load(Float64Array.of(4, 1, 0, 0), loads);
  expect([...loads]).toEqual([3, 3 + 1, 1, 1, 0]);
});

test.each([
  { name: "all of it", shares: uneven.links, reason: undefined },
  { name: "traffic that is lost", shares: uneven.links.slice(0, 3), reason: /do not lead all traffic/ },
  { name: "a share of 0", shares: [...uneven.links, { link: 4, share: 0 }], reason: /not in \(0, 1\]/ },
  {
    name: "a circle beside the way",
    shares: [
      { link: 0, share: 1 },
      { link: 1, share: 1.5 },
      { link: 4, share: 0.5 },
    ],
    reason: /not in \(0, 1\]|circle/,
  },
  {
    name: "a circle of half the traffic",
    shares: [
      { link: 0, share: 0.5 },
      { link: 1, share: 0.75 },
      { link: 4, share: 0.25 },
      { link: 2, share: 0.5 },
      { link: 3, share: 0.5 },
    ],
    reason: /circle/,
  },
])("of a route with $name", ({ shares, reason }) => {
  const { columns, indexOf } = underlayOf(nodes, links);
  const wrong = wrongWithRoute(shares, indexOf("a"), indexOf("d"), columns);
  if (reason) expect(wrong).toMatch(reason);
  else expect(wrong).toBeUndefined();
});

function link(from: string, to: string, latencyMs = 1): NetworkLink {
  return { from, to, latencyMs, capacity: 10 };
}
