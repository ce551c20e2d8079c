import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyScoringCase, scoringInput } from "../../test/builders/scoring-input.ts";
import { pluginNames, scorePlugins } from "./registry.ts";

describe.each(pluginNames)("%s", (name) => {
  test("what the peers add to a node is its worth", () => {
    fc.assert(
      fc.property(anyScoringCase, (scoringCase) => {
        const input = scoringInput(scoringCase);
        const { worth } = scorePlugins[name].score(input);
        for (const [at, candidate] of input.candidates.entries()) {
          const parts = scorePlugins[name].parts(input, candidate);
          expect(parts).toHaveLength(input.peers.length);
          expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(worth[at] ?? Number.NaN, 6);
        }
      }),
    );
  });

  test("no peer adds to a node that the cluster does not know", () => {
    const input = scoringInput({ places: [{ node: "a" }], peers: [{ bytesPerSecond: 100, on: { a: 1 } }] });
    expect([...scorePlugins[name].parts(input, -1)]).toEqual([0]);
  });

  test("traffic with replicas of its own is a peer like others", () => {
    const peers = [{ bytesPerSecond: 100, on: { a: 2 }, isOwn: true }];
    const input = scoringInput({ places: [{ node: "a" }, { node: "b" }], own: { a: 2 }, peers });
    const { worth } = scorePlugins[name].score(input);
    expect([...scorePlugins[name].parts(input, 0)]).toEqual([worth[0]]);
  });
});
