import fc from "fast-check";
import { expect, test } from "vitest";
import { balancedSplit, gainedAffinity, type PlacedShare, sharesOf } from "./balanced-split.ts";
import type { Place } from "./locality.ts";

const place = (node: number): Place => ({ node: `n${node}`, zone: `z${node % 3}`, region: "r" });
const anyReplicas = fc.array(fc.integer({ min: 0, max: 9 }).map(place), { minLength: 1, maxLength: 12 });

test("a source beside its only destination keeps everything on the node", () => {
  const here = [{ place: place(1), share: 1 }];
  expect(balancedSplit(here, here)).toEqual([{ source: 0, destination: 0, fraction: 1, locality: "node" }]);
});

test("what the node cannot take goes to the zone before anywhere else", () => {
  const sources: PlacedShare[] = [{ place: place(0), share: 1 }];
  const destinations = [0, 3, 1].map((node) => ({ place: place(node), share: 1 / 3 }));
  expect(balancedSplit(sources, destinations).map((arc) => [arc.destination, arc.locality])).toEqual([
    [0, "node"],
    [1, "zone"],
    [2, "region"],
  ]);
});

test("every source sends and every destination receives exactly its share", () => {
  fc.assert(
    fc.property(anyReplicas, anyReplicas, (from, to) => {
      const [sources, destinations] = [sharesOf(from), sharesOf(to)];
      const arcs = balancedSplit(sources, destinations);
      for (const [index, source] of sources.entries())
        expect(sumOf(arcs, "source", index)).toBeCloseTo(source.share, 9);
      for (const [index, dest] of destinations.entries())
        expect(sumOf(arcs, "destination", index)).toBeCloseTo(dest.share, 9);
    }),
  );
});

test("the part on the node is the sum of min(x_s/d_s, x_t/d_t)", () => {
  fc.assert(
    fc.property(anyReplicas, anyReplicas, (from, to) => {
      const [sources, destinations] = [sharesOf(from), sharesOf(to)];
      const expected = sources.reduce((sum, source) => {
        const beside = destinations.find((destination) => destination.place.node === source.place.node);
        return sum + Math.min(source.share, beside?.share ?? 0);
      }, 0);
      expect(gainedAffinity(balancedSplit(sources, destinations))).toBeCloseTo(expected, 9);
    }),
  );
});

test("without destinations there is no split", () => {
  expect(balancedSplit([{ place: place(0), share: 1 }], [])).toEqual([]);
});

function sumOf(arcs: ReturnType<typeof balancedSplit>, side: "source" | "destination", index: number): number {
  return arcs.reduce((sum, arc) => (arc[side] === index ? sum + arc.fraction : sum), 0);
}
