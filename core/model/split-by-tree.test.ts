import fc from "fast-check";
import { expect, test } from "vitest";
import { anyPlaces } from "../../test/builders/places.ts";
import { balancedSplit, sharesOf } from "./balanced-split.ts";
import { costTreeOf } from "./cost-tree.ts";
import { defaultLocalityCosts, type Place } from "./locality.ts";
import { splitByTree } from "./split-by-tree.ts";
import { Topology } from "./topology.ts";

const draws = fc.array(fc.nat(99), { minLength: 1, maxLength: 10 });

test("with a tree of localities it is the balanced split", () => {
  fc.assert(
    fc.property(anyPlaces, draws, draws, (places, from, to) => {
      const tree = costTreeOf(new Topology(places), (locality) => defaultLocalityCosts[locality]);
      const standing = (nodes: readonly number[]) =>
        nodes.flatMap((draw): Place[] => places.slice(draw % places.length, (draw % places.length) + 1));
      const [sources, destinations] = [sharesOf(standing(from)), sharesOf(standing(to))];
      const byNode = (shares: typeof sources) =>
        new Map(shares.map(({ place, share }) => [places.findIndex(({ node }) => node === place.node), share]));
      const expected = new Map<string, number>();
      for (const { source, destination, fraction } of balancedSplit(sources, destinations))
        expected.set(`${sources[source]?.place.node} ${destinations[destination]?.place.node}`, fraction);
      const arcs = new Map<string, number>();
      for (const { kept, offered, accepted, senders, receivers } of splitByTree(
        tree,
        byNode(sources),
        byNode(destinations),
      ))
        for (const sender of senders)
          for (const receiver of receivers)
            arcs.set(`n${sender.node} n${receiver.node}`, (kept * sender.left * receiver.left) / (offered * accepted));
      for (const [pair, fraction] of expected) expect(arcs.get(pair)).toBeCloseTo(fraction, 9);
      const sum = [...arcs.values()].reduce((all, fraction) => all + fraction, 0);
      expect(sum).toBeCloseTo(1, 9);
    }),
  );
});

test("what is pending is neither sent nor taken", () => {
  const tree = { parent: Int32Array.of(2, 2, -1), cost: Float64Array.of(0, 0, 1) };
  const kept = [...splitByTree(tree, new Map([[0, 0.5]]), new Map([[1, 1]]))];
  expect(kept).toMatchObject([{ group: 2, kept: 0.5 }]);
});
