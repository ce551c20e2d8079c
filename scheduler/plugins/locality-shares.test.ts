import fc from "fast-check";
import { expect, test } from "vitest";
import { balancedSplit, sharesOf } from "../../core/model/balanced-split.ts";
import { localities } from "../../core/model/locality.ts";
import { anyScoringCase, costsBetween, scoringInput } from "../../test/builders/scoring-input.ts";
import { splitsWith } from "./locality-shares.ts";

test("the shares by locality and the cost are those of the balanced split", () => {
  fc.assert(
    fc.property(anyScoringCase, fc.nat(7), (scoringCase, choice) => {
      const input = scoringInput(scoringCase);
      const index = choice % scoringCase.places.length;
      const [peer, on] = [input.peers[0], scoringCase.peers[0]?.on ?? {}];
      const place = scoringCase.places[index];
      if (!peer || !place) return;
      const standing = (replicas: Readonly<Record<string, number>>) =>
        scoringCase.places.flatMap((each) => Array.from({ length: replicas[each.node] ?? 0 }, () => each));
      const [sources, destinations] = [sharesOf([...standing(scoringCase.own ?? {}), place]), sharesOf(standing(on))];
      const arcs = balancedSplit(sources, destinations);
      const { shares, costPerByte } = splitsWith(input, peer)(index);
      for (const locality of localities) {
        const split = arcs.filter((arc) => arc.locality === locality).reduce((sum, { fraction }) => sum + fraction, 0);
        expect(shares[locality]).toBeCloseTo(split, 9);
      }
      const costBetween = costsBetween(scoringCase);
      const costOf = ({ source, destination }: (typeof arcs)[number]) =>
        costBetween(sources[source]?.place.node ?? "", destinations[destination]?.place.node ?? "");
      const cost = arcs.reduce((sum, arc) => sum + arc.fraction * costOf(arc), 0);
      expect(costPerByte).toBeCloseTo(cost, 6);
    }),
  );
});

test("on a node that the cluster does not know everything is far", () => {
  const input = scoringInput({ places: [{ node: "a" }], peers: [{ bytesPerSecond: 1, on: { a: 1 } }] });
  const [peer] = input.peers;
  expect(peer && splitsWith(input, peer)(-1)).toEqual({
    shares: { node: 0, rack: 0, zone: 0, region: 0, other: 1 },
    costPerByte: 10,
  });
});

test("traffic of a workload with itself stays on its nodes", () => {
  const peers = [{ bytesPerSecond: 1, on: { a: 1 }, isOwn: true }];
  const input = scoringInput({ places: [{ node: "a" }, { node: "b" }], own: { a: 1 }, peers });
  const [peer] = input.peers;
  expect(peer && splitsWith(input, peer)(1)).toEqual({
    shares: { node: 1, rack: 0, zone: 0, region: 0, other: 0 },
    costPerByte: 0,
  });
});
