/** What every policy owes, and what each adds. */
import { describe, expect, test } from "vitest";
import { balancingPolicies } from "../../../core/model/balancing.ts";
import { clientKeyOf } from "../flow-key.ts";
import { createPolicy, type KnownLoads } from "./create-policy.ts";
import type { Choice } from "./policy.ts";

interface Endpoint {
  readonly pod: string;
  readonly weight: number;
}

const picks = 20_000;
const idle: KnownLoads<Endpoint> = { active: () => 0, expectedMs: () => 0 };

function endpointsOf(...weights: readonly number[]): readonly Endpoint[] {
  return weights.map((weight, index) => ({ pod: `core/udm-${index}`, weight }));
}

/** A client of its own for each, and random numbers that lie evenly. */
function choiceOf(index: number): Choice {
  return { uniform: (index * 0.618_033_988_749) % 1, client: clientKeyOf(`10.${index >> 8}.${index & 255}.1`) };
}

function shares(
  endpoints: readonly Endpoint[],
  pick: (choice: Choice) => Endpoint | undefined,
  count = picks,
): readonly number[] {
  const picked = Array.from({ length: count }, (_, index) => pick(choiceOf(index)));
  return endpoints.map((endpoint) => picked.filter((each) => each === endpoint).length / count);
}

describe.each(balancingPolicies)("%s", (name) => {
  test("gives nothing where there is nothing", () => {
    expect(createPolicy(name, [], idle).pick(choiceOf(1))).toBeUndefined();
    const policy = createPolicy(name, endpointsOf(1, 2), idle);
    expect(policy.pick(choiceOf(1), () => true)).toBeUndefined();
  });

  test("shares equally among equals that are at rest", () => {
    const endpoints = endpointsOf(1, 1, 1, 1);
    const policy = createPolicy(name, endpoints, idle);
    for (const share of shares(endpoints, (choice) => policy.pick(choice))) expect(share).toBeCloseTo(0.25, 1);
  });

  test("never gives what is excluded, and all of the others", () => {
    const endpoints = endpointsOf(1, 1, 1, 0);
    const policy = createPolicy(name, endpoints, idle);
    const left = shares(endpoints, (choice) => policy.pick(choice, ({ pod }) => pod === "core/udm-0"));
    expect(left[0]).toBe(0);
    for (const share of [left[1], left[2]]) expect(share).toBeCloseTo(0.5, 1);
  });

  test("keeps spares for when nothing else is left, and then shares among them", () => {
    const endpoints = endpointsOf(2, 0, 0);
    const policy = createPolicy(name, endpoints, idle);
    expect(shares(endpoints, (choice) => policy.pick(choice))).toEqual([1, 0, 0]);
    const spares = shares(endpoints, (choice) => policy.pick(choice, ({ weight }) => weight > 0));
    for (const share of spares.slice(1)) expect(share).toBeCloseTo(0.5, 1);
  });
});

describe.each(["weighted", "round-robin", "least-request", "peak-ewma", "ring-hash", "maglev"] as const)(
  "%s",
  (name) => {
    test("goes by weight", () => {
      const endpoints = endpointsOf(1, 3);
      // Load as it is when every endpoint is as busy as its weight says.
      const busy = { active: ({ weight }: Endpoint) => 10 * weight - 1, expectedMs: ({ weight }: Endpoint) => weight };
      const policy = createPolicy(name, endpoints, busy);
      const [light = 0, heavy = 0] = shares(endpoints, (choice) => policy.pick(choice));
      expect(light + heavy).toBe(1);
      expect(light).toBeCloseTo(0.25, 1);
    });
  },
);

test("random goes by no weight", () => {
  const endpoints = endpointsOf(1, 9);
  const policy = createPolicy("random", endpoints, idle);
  expect(shares(endpoints, (choice) => policy.pick(choice))[0]).toBeCloseTo(0.5, 1);
});

test("round robin takes turns, and weights do not come in bursts", () => {
  const policy = createPolicy("round-robin", endpointsOf(5, 1, 1), idle);
  const turns = Array.from({ length: 14 }, () => policy.pick(choiceOf(0))?.pod.at(-1)).join("");
  expect(turns).toBe("00102000010200");
});

test("round robin passes nobody's turn when it is only asked", () => {
  const policy = createPolicy("round-robin", endpointsOf(1, 1, 1), idle);
  const turns = Array.from({ length: 3 }, () => {
    policy.pick({ ...choiceOf(0), isAsking: true }, ({ pod }) => pod === "core/udm-1");
    return policy.pick(choiceOf(0))?.pod.at(-1);
  });
  expect(turns).toEqual(["0", "1", "2"]);
});

describe.each(["ring-hash", "maglev"] as const)("%s", (name) => {
  const endpoints = endpointsOf(1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
  const policy = createPolicy(name, endpoints, idle);

  test("a client stays, whatever the random number", () => {
    const { client } = choiceOf(7);
    const found = [0, 0.3, 0.99].map((uniform) => policy.pick({ uniform, client }));
    expect(new Set(found).size).toBe(1);
  });

  test("one endpoint less moves its own clients, and hardly any others", () => {
    const fewer = createPolicy(name, endpoints.slice(1), idle);
    const moved = Array.from({ length: picks }, (_, index) => {
      const [before, after] = [policy.pick(choiceOf(index)), fewer.pick(choiceOf(index))];
      return before !== endpoints[0] && before?.pod !== after?.pod;
    });
    expect(moved.filter(Boolean).length / picks).toBeLessThan(0.04);
  });

  test("one endpoint that is passed over moves its own clients only", () => {
    const moved = Array.from({ length: picks }, (_, index) => {
      const before = policy.pick(choiceOf(index));
      return before !== endpoints[0] && before !== policy.pick(choiceOf(index), (each) => each === endpoints[0]);
    });
    expect(moved).not.toContain(true);
  });
});

describe("the better of two", () => {
  test.each([
    { name: "least-request", loads: { ...idle, active: ({ pod }: Endpoint) => (pod.endsWith("0") ? 50 : 1) } },
    { name: "peak-ewma", loads: { ...idle, expectedMs: ({ pod }: Endpoint) => (pod.endsWith("0") ? 900 : 20) } },
  ] as const)("$name leaves a burdened endpoint alone", ({ name, loads }) => {
    const endpoints = endpointsOf(1, 1, 1);
    const policy = createPolicy(name, endpoints, loads);
    expect(shares(endpoints, (choice) => policy.pick(choice))[0]).toBe(0);
  });
});
