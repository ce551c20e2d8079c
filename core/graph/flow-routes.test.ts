import fc from "fast-check";
import { expect, test } from "vitest";
import { randomNetwork } from "../../test/builders/random-network.ts";
import { flowRoutes } from "./flow-routes.ts";
import { wrongWithRoute } from "./route-matrix.ts";
import { underlayOf } from "./underlay.ts";
import { withoutCircles } from "./without-circles.ts";

const latencyMs = 1;
const capacity = 1;
const links = [
  { from: "a", to: "b", latencyMs, capacity },
  { from: "b", to: "d", latencyMs, capacity },
  { from: "b", to: "c", latencyMs, capacity },
  { from: "c", to: "d", latencyMs, capacity },
  { from: "c", to: "b", latencyMs, capacity },
];
const nodes = ["a", "b", "c", "d"];
const { columns } = underlayOf(nodes, links);

test("every node divides as the flows that leave it, and what flows in a circle is left out", () => {
  // a sends 3; b and c send 1 around to each other besides.
  const linkFlows = Float64Array.of(3, 2, 2, 1, 1);
  expect([...withoutCircles(columns, linkFlows)]).toEqual([3, 2, 1, 1, 0]);
  const [route] = flowRoutes(columns, nodes, { to: 3, linkFlows, origins: [0] });
  expect(route?.links.map(({ link, share }) => [link, Number(share.toFixed(6))])).toEqual([
    [0, 1],
    [1, 0.666667],
    [2, 0.333333],
    [3, 0.333333],
  ]);
});

test("whatever flows, without its circles no node gets more than it passes on, and routes are ones", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
      (seed, sizes) => {
        const network = randomNetwork(seed);
        const { columns: own } = underlayOf(network.nodes, network.links);
        // Ways along the ring from every node to the first, and circles of all sizes besides.
        const linkFlows = new Float64Array(network.links.length);
        const ring = network.nodes.map((_, index) => 2 * index);
        for (const start of ring.keys())
          for (const link of ring.slice(start)) linkFlows[link] = (linkFlows[link] ?? 0) + 1;
        for (const index of network.nodes.keys()) {
          const { value } = sizes.next();
          for (const link of [2 * index, 2 * index + 1]) linkFlows[link] = (linkFlows[link] ?? 0) + (value ?? 0);
        }
        const origins = [...network.nodes.keys()].slice(1);
        for (const { from, links: shares } of flowRoutes(own, network.nodes, { to: 0, linkFlows, origins }))
          expect(wrongWithRoute(shares, network.nodes.indexOf(from), 0, own)).toBeUndefined();
      },
    ),
  );
});
