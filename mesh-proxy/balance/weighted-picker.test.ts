import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createWeightedPicker } from "./weighted-picker.ts";

interface Endpoint {
  readonly name: string;
  readonly weight: number;
}

const grid = 10_000;

describe("picking by weight", () => {
  const cases: readonly {
    readonly name: string;
    readonly weights: readonly number[];
    readonly shares: readonly number[];
  }[] = [
    { name: "one endpoint takes everything", weights: [3], shares: [1] },
    { name: "equal weights share equally", weights: [1, 1, 1, 1], shares: [0.25, 0.25, 0.25, 0.25] },
    { name: "weights are shares of their sum", weights: [1, 1, 2], shares: [0.25, 0.25, 0.5] },
    { name: "weights need not be whole", weights: [0.1, 0.9], shares: [0.1, 0.9] },
    { name: "weight 0 takes nothing beside others", weights: [0, 5, 0], shares: [0, 1, 0] },
    { name: "weight 0 everywhere shares equally", weights: [0, 0], shares: [0.5, 0.5] },
  ];

  test.each(cases)("$name", ({ weights, shares }) => {
    for (const [index, share] of sharesOf(weights).entries()) expect(share).toBeCloseTo(shares[index] ?? Number.NaN, 3);
  });

  test("every list of weights is kept to, over an even grid of random numbers", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 12 }), (weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        for (const [index, share] of sharesOf(weights).entries()) {
          const expected = total === 0 ? 1 / weights.length : (weights[index] ?? 0) / total;
          expect(Math.abs(share - expected)).toBeLessThan((2 * weights.length) / grid);
        }
      }),
      { numRuns: 50 },
    );
  });

  test("no endpoint is none", () => {
    expect(createWeightedPicker([]).pick(0.5)).toBeUndefined();
  });
});

describe("with endpoints excluded", () => {
  const endpoints: readonly Endpoint[] = [
    { name: "a", weight: 6 },
    { name: "b", weight: 3 },
    { name: "c", weight: 1 },
    { name: "spare", weight: 0 },
  ];
  const picker = createWeightedPicker(endpoints);

  test("the others share what the excluded one would have had, by weight", () => {
    const counts = count((uniform) => picker.pick(uniform, ({ name }) => name === "a")?.name);
    expect((counts.get("b") ?? 0) / grid).toBeCloseTo(0.75, 1);
    expect((counts.get("c") ?? 0) / grid).toBeCloseTo(0.25, 1);
    expect(counts.size).toBe(2);
  });

  test("a spare comes in when nothing heavier is left", () => {
    expect([...count((uniform) => picker.pick(uniform, ({ weight }) => weight > 0)?.name).keys()]).toEqual(["spare"]);
  });

  test("all excluded is none", () => {
    expect(picker.pick(0.3, () => true)).toBeUndefined();
  });

  test("those not excluded keep every pick they had", () => {
    for (let i = 0; i < grid; i++) {
      const before = picker.pick(i / grid);
      if (before?.name !== "a") expect(picker.pick(i / grid, ({ name }) => name === "a")).toBe(before);
    }
  });
});

function sharesOf(weights: readonly number[]): number[] {
  const endpoints = weights.map((weight, index) => ({ name: String(index), weight }));
  const picker = createWeightedPicker(endpoints);
  const counts = count((uniform) => picker.pick(uniform)?.name);
  return weights.map((_, index) => (counts.get(String(index)) ?? 0) / grid);
}

function count(pick: (uniform: number) => string | undefined): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i < grid; i++) {
    const name = pick((i + 0.5) / grid) ?? "none";
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}
