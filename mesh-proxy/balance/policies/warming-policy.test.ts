import { expect, test } from "vitest";
import { clientKeyOf } from "../flow-key.ts";
import { warmth } from "../slow-start.ts";
import { createPolicy } from "./create-policy.ts";
import { type Warmed, warmingPolicy } from "./warming-policy.ts";

interface Endpoint {
  readonly pod: string;
  readonly weight: number;
}

const endpoints: readonly Endpoint[] = [0, 1, 2, 3].map((at) => ({ pod: `core/udm-${at}`, weight: 1 }));
const cold = endpoints[3] as Endpoint;
const limits = { windowMs: 1000, aggression: 1, minimumPercent: 10 };
const picks = 4000;

function shareOfCold(name: Parameters<typeof createPolicy>[0], ageMs: number): number {
  const policy = warmingPolicy<Endpoint>(endpoints, {
    create: (warmed) =>
      createPolicy<Warmed<Endpoint>>(name, warmed, {
        // As it is when each endpoint is as busy as its weight says.
        active: ({ weight }) => 100 * weight - 1,
        expectedMs: ({ weight }) => 100 * weight,
      }),
    partOf: (endpoint) => (endpoint === cold ? warmth(ageMs, limits) : 1),
    nowMs: () => 0,
    stepMs: 50,
  });
  let count = 0;
  for (let at = 0; at < picks; at++) {
    const client = clientKeyOf(`10.${at >> 8}.${at & 255}.1`);
    if (policy.pick({ uniform: (at * 0.618_033_988_749) % 1, client }) === cold) count++;
  }
  return count / picks;
}

test.each(["weighted", "round-robin", "least-request", "peak-ewma", "ring-hash", "maglev"] as const)(
  "under %s a cold endpoint's share grows with its weight",
  (name) => {
    for (const [ageMs, part] of [
      [100, 0.1],
      [500, 0.5],
      [1000, 1],
    ] as const)
      expect(shareOfCold(name, ageMs)).toBeCloseTo(part / (3 + part), 1);
    expect(shareOfCold(name, 100)).toBeLessThan(shareOfCold(name, 500));
    expect(shareOfCold(name, 500)).toBeLessThan(shareOfCold(name, 1000));
  },
);

test("weights are looked at anew at each step, and the policy is kept while they do not change", () => {
  let [nowMs, part, madeCount] = [0, 0.5, 0];
  const policy = warmingPolicy<Endpoint>(endpoints, {
    create: (warmed) => {
      madeCount++;
      return { pick: () => warmed.toSorted((a, b) => a.weight - b.weight)[0] };
    },
    partOf: (endpoint) => (endpoint === cold ? part : 1),
    nowMs: () => nowMs,
    stepMs: 50,
  });
  const pick = () => policy.pick({ uniform: 0, client: clientKeyOf("10.0.0.1") });
  expect(pick()).toBe(cold);
  nowMs = 60;
  pick();
  expect(madeCount).toBe(1);
  part = 1;
  nowMs = 100;
  pick();
  expect(madeCount).toBe(1);
  nowMs = 111;
  expect(pick()).toBe(endpoints[0]);
  expect(madeCount).toBe(2);
});
