import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { flowKeyOf } from "./flow-key.ts";
import { createRendezvousPicker } from "./rendezvous-picker.ts";

interface Endpoint {
  readonly pod: string;
  readonly weight: number;
}

const flowCount = 20_000;
const keys = Array.from({ length: flowCount }, (_, index) =>
  flowKeyOf(7, { address: `10.0.${index >> 8}.${index & 255}`, port: 30_000 + (index % 1000) }),
);

describe("picking by flow", () => {
  test.each([
    { name: "equal weights", weights: [1, 1, 1] },
    { name: "hop weights of the solver", weights: [1250, 8750] },
    { name: "a wide spread", weights: [1, 10, 100] },
  ])("keeps to $name within 3 standard deviations", ({ weights }) => {
    const picked = picks(endpointsOf(weights));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (const [index, weight] of weights.entries()) {
      const share = weight / total;
      const deviation = Math.sqrt((share * (1 - share)) / flowCount);
      const taken = picked.filter((pod) => pod === `sf-${index}`).length / flowCount;
      expect(Math.abs(taken - share)).toBeLessThan(3 * deviation);
    }
  });

  test("does not depend on the order of the endpoints", () => {
    const endpoints = endpointsOf([1, 2, 3, 4]);
    expect(picks([...endpoints].reverse())).toEqual(picks(endpoints));
  });

  test("a new endpoint takes its share, and nothing moves but to it", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), (count) => {
        const before = picks(endpointsOf(new Array<number>(count).fill(1)));
        const after = picks(endpointsOf(new Array<number>(count + 1).fill(1)));
        const moved = after.filter((pod, index) => pod !== before[index]);
        expect(new Set(moved)).toEqual(new Set([`sf-${count}`]));
        expect(moved.length / flowCount).toBeLessThan(1.1 / (count + 1));
        expect(moved.length / flowCount).toBeGreaterThan(0.9 / (count + 1));
      }),
      { numRuns: 5 },
    );
  });

  test("so it is with any weights: its share is its part of all weights, and no flow changes between the others", () => {
    const anyWeights = fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: 2, maxLength: 6 });
    fc.assert(
      fc.property(anyWeights, (weights) => {
        const before = picks(endpointsOf(weights.slice(0, -1)));
        const after = picks(endpointsOf(weights));
        const newcomer = `sf-${weights.length - 1}`;
        for (const [index, pod] of after.entries()) if (pod !== newcomer) expect(pod).toBe(before[index]);
        const share = (weights.at(-1) as number) / weights.reduce((sum, weight) => sum + weight, 0);
        const deviation = Math.sqrt((share * (1 - share)) / flowCount);
        const taken = after.filter((pod) => pod === newcomer).length / flowCount;
        expect(Math.abs(taken - share)).toBeLessThan(5 * deviation + 1 / flowCount);
      }),
      { numRuns: 8 },
    );
  });

  test("more weight for one endpoint moves flows to it only", () => {
    const before = picks(endpointsOf([1, 1, 1]));
    const after = picks(endpointsOf([1, 1, 2]));
    expect(new Set(after.filter((pod, index) => pod !== before[index]))).toEqual(new Set(["sf-2"]));
  });

  test("an excluded endpoint's flows spread over the others, and no other flow moves", () => {
    const picker = createRendezvousPicker(endpointsOf([1, 1, 1]));
    const taken = new Map<string, number>();
    for (const key of keys) {
      const before = picker.pick(key);
      const after = picker.pick(key, ({ pod }) => pod === "sf-1");
      if (before?.pod !== "sf-1") expect(after).toBe(before);
      else taken.set(after?.pod ?? "none", (taken.get(after?.pod ?? "none") ?? 0) + 1);
    }
    expect([...taken.keys()].sort()).toEqual(["sf-0", "sf-2"]);
    expect((taken.get("sf-0") ?? 0) / (taken.get("sf-2") ?? 1)).toBeCloseTo(1, 0);
  });

  test("a spare comes in when nothing heavier is left, and stays sticky", () => {
    const endpoints = [...endpointsOf([1, 1]), { pod: "spare-0", weight: 0 }, { pod: "spare-1", weight: 0 }];
    const picker = createRendezvousPicker(endpoints);
    expect(new Set(keys.map((key) => picker.pick(key)?.pod))).toEqual(new Set(["sf-0", "sf-1"]));
    const spares = keys.map((key) => picker.pick(key, ({ weight }) => weight > 0)?.pod);
    expect(new Set(spares)).toEqual(new Set(["spare-0", "spare-1"]));
    expect(keys.map((key) => picker.pick(key, ({ weight }) => weight > 0)?.pod)).toEqual(spares);
  });

  test("none left is none", () => {
    expect(createRendezvousPicker<Endpoint>([]).pick(flowKeyOf(1, { address: "10.0.0.1", port: 1 }))).toBeUndefined();
    const picker = createRendezvousPicker(endpointsOf([1, 0]));
    expect(picker.pick(flowKeyOf(1, { address: "10.0.0.1", port: 1 }), () => true)).toBeUndefined();
  });

  test("one endpoint takes every flow, at any weight", () => {
    for (const weight of [0, 1e-9, 1, 1e9]) expect(new Set(picks(endpointsOf([weight])))).toEqual(new Set(["sf-0"]));
  });
});

test("the same client on another path, address or port is another flow", () => {
  const base = flowKeyOf(1, { address: "10.0.0.1", port: 1 });
  const others = [
    flowKeyOf(2, { address: "10.0.0.1", port: 1 }),
    flowKeyOf(1, { address: "10.0.0.2", port: 1 }),
    flowKeyOf(1, { address: "10.0.0.1", port: 2 }),
  ];
  expect(flowKeyOf(1, { address: "10.0.0.1", port: 1 })).toEqual(base);
  for (const other of others) expect([other.high === base.high, other.low === base.low]).toEqual([false, false]);
});

function endpointsOf(weights: readonly number[]): Endpoint[] {
  return weights.map((weight, index) => ({ pod: `sf-${index}`, weight }));
}

function picks(endpoints: readonly Endpoint[]): string[] {
  const picker = createRendezvousPicker(endpoints);
  return keys.map((key) => picker.pick(key)?.pod ?? "none");
}
