import fc from "fast-check";
import { expect, test } from "vitest";
import { balancedSplit, sharesOf } from "../../core/model/balanced-split.ts";
import { localities } from "../../core/model/locality.ts";
import { anyScoringCase, scoringInput } from "../../test/builders/scoring-input.ts";
import { localityShares, meanCost } from "./locality-shares.ts";

test("the shares by locality are those of the balanced split", () => {
  fc.assert(
    fc.property(anyScoringCase, fc.nat(7), (scoringCase, choice) => {
      const input = scoringInput(scoringCase);
      const index = choice % scoringCase.places.length;
      const [peer, on] = [input.peers[0], scoringCase.peers[0]?.on ?? {}];
      const place = scoringCase.places[index];
      if (!peer || !place) return;
      const standing = (replicas: Readonly<Record<string, number>>) =>
        scoringCase.places.flatMap((each) => Array.from({ length: replicas[each.node] ?? 0 }, () => each));
      const arcs = balancedSplit(sharesOf([...standing(scoringCase.own ?? {}), place]), sharesOf(standing(on)));
      const shares = localityShares(input, peer, index);
      for (const locality of localities) {
        const split = arcs.filter((arc) => arc.locality === locality).reduce((sum, { fraction }) => sum + fraction, 0);
        expect(shares[locality]).toBeCloseTo(split, 9);
      }
      const cost = arcs.reduce((sum, { fraction, locality }) => sum + fraction * input.costs[locality], 0);
      expect(meanCost(shares, input.costs)).toBeCloseTo(cost, 6);
    }),
  );
});

test("on a node that the cluster does not know everything is far", () => {
  const input = scoringInput({ places: [{ node: "a" }], peers: [{ bytesPerSecond: 1, on: { a: 1 } }] });
  const [peer] = input.peers;
  expect(peer && localityShares(input, peer, -1)).toEqual({ node: 0, rack: 0, zone: 0, region: 0, other: 1 });
});
