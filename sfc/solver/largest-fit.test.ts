import fc from "fast-check";
import { expect, test } from "vitest";
import { randomNetwork } from "../../test/builders/random-network.ts";
import { boundParts } from "./certificate.ts";
import { certifiedSplit } from "./certified-split.ts";
import { exactSplit } from "./exact/exact-split.ts";
import { loadHighs } from "./exact/with-highs.ts";
import { type FitSample, largestFit } from "./largest-fit.ts";
import { splitProblemOf } from "./split-problem.ts";

const highs = await loadHighs();

test("of lines of which the steepest counts, the demand at which it reaches 1 is found from above", () => {
  const lines = fc.array(
    fc.tuple(fc.double({ min: 0, max: 0.9, noNaN: true }), fc.double({ min: 0.01, max: 1, noNaN: true })),
    {
      minLength: 1,
      maxLength: 6,
    },
  );
  fc.assert(
    fc.property(lines, (all) => {
      const limit = Math.min(...all.map(([at0, slope]) => (1 - at0) / slope));
      const found = largestFit(1000, (demand): FitSample => {
        const values = all.map(([at0, slope]) => ({ lowerBound: at0 + slope * demand, boundPerByte: slope }));
        const steepest = values.reduce((a, b) => (b.lowerBound > a.lowerBound ? b : a));
        return { ...steepest, maxUtilisation: steepest.lowerBound };
      });
      expect(found).toBeLessThanOrEqual(limit * (1 + 1e-9));
      expect(found).toBeGreaterThan(limit * 0.98);
    }),
  );
});

test("on random networks a little more than what was found does not fit, and it does", () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const network = randomNetwork(seed);
    const sampleAt = (demand: number): FitSample => {
      const chains = network.chains.map((chain, index) =>
        index === 0 ? { ...chain, demand } : { ...chain, demand: chain.demand / 4 },
      );
      const prepared = splitProblemOf({ ...network, chains });
      if (prepared.kind === "unreachable") throw new Error(prepared.chain);
      const split = certifiedSplit(prepared.problem, (problem) => exactSplit(problem, { slack: 0, highs }));
      if (split.kind !== "certified") throw new Error(split.kind);
      const [part = 0] = boundParts(prepared.problem, split.resourceWeights);
      return { maxUtilisation: split.utilisation.max, lowerBound: split.lowerBound, boundPerByte: part / demand };
    };
    const found = largestFit(1e4, sampleAt);
    expect(sampleAt(found).maxUtilisation, `seed ${seed}`).toBeLessThanOrEqual(1);
    expect(sampleAt(found * 1.03).lowerBound, `seed ${seed}`).toBeGreaterThan(1);
  }
});

test.each([
  { name: "what fits as it is stays", sample: { maxUtilisation: 1, lowerBound: 1, boundPerByte: 1 }, fit: 8 },
  {
    name: "beside what is overfull already nothing fits",
    sample: { maxUtilisation: 2, lowerBound: 2, boundPerByte: 0 },
    fit: 0,
  },
  { name: "where there is no split nothing fits", sample: undefined, fit: 0 },
])("$name", ({ sample, fit }) => {
  expect(largestFit(8, () => sample)).toBe(fit);
});
