import { expect, test } from "vitest";
import type { ServiceFunction, ServiceFunctionPath } from "../../../core/model/chain.ts";
import type { StatusInput } from "../chain-conditions.ts";
import { nextStatus } from "../chain-status.ts";
import { measuredWayMs, pathLatency } from "./path-latency.ts";

const path: ServiceFunctionPath = {
  ...{ namespace: "edge", name: "n6-7", chain: "n6", chainGeneration: 1, spi: 7, isActive: true, isSymmetric: false },
  hops: [
    { serviceIndex: 2, function: "firewall", weights: [] },
    { serviceIndex: 1, function: "dpi", weights: [] },
    { serviceIndex: 0, function: undefined, weights: [] },
  ],
  prediction: { maxUtilisation: 0.5, lowerBound: 0.5, demandBytesPerSecond: 1e6 },
};

function of(name: string, processingDelayMs: number, mode: ServiceFunction["mode"] = "Forward"): ServiceFunction {
  return {
    ...{ namespace: "edge", name, generation: 1, selector: {}, port: 1, protocol: "tcp", hasProxyProtocol: false },
    ...{ capacityBytesPerSecond: undefined, scaling: 1, processingDelayMs, failurePolicy: "Block", mode },
  };
}

test("a path's latency has the names of its functions and three digits, and no hop that the path does not have", () => {
  const timing = {
    spi: 7,
    answerMs: 4.23456,
    hops: [{ serviceIndex: 9, functionMs: 1 }, { serviceIndex: 2, functionMs: 0.123456, answerMs: 3.4567 }, { serviceIndex: 0, answerMs: 1 }], // biome-ignore format: short
  };
  expect(pathLatency(path, timing)).toEqual({
    answerMs: 4.23,
    hops: [
      { serviceIndex: 2, function: "firewall", functionMs: 0.123, answerMs: 3.46 },
      { serviceIndex: 0, function: undefined, functionMs: undefined, answerMs: 1 },
    ],
  });
});

const timed = (functionMs: number | undefined, name = "dpi") => {
  return { answerMs: undefined, hops: [{ serviceIndex: 1, function: name, functionMs, answerMs: undefined }] };
};

const ways = [
  { name: "what a function was measured to take counts in place of what it declares", functionMs: 3, is: 6.5 },
  { name: "a function that is quicker than it declares makes the way shorter", functionMs: 0.1, is: 3.6 },
  { name: "a function that was not timed says nothing", functionMs: undefined, is: undefined },
];

test.each(ways)("$name", ({ functionMs, is }) => {
  expect(measuredWayMs(4, [of("firewall", 1), of("dpi", 0.5)], timed(functionMs))).toBe(is);
});

test("a function that gets a copy holds nobody up", () => {
  expect(measuredWayMs(4, [of("dpi", 0.5, "Tap")], timed(3))).toBeUndefined();
});

const input: StatusInput = {
  chain: {
    ...{ namespace: "edge", name: "n6", uid: "u", generation: 1, functions: [], isSymmetric: false, priority: 0 },
    ...{ classifier: { from: {}, to: { service: "dn", port: 80 } }, demandBytesPerSecond: 1, latencyBudgetMs: 5 },
  },
  finding: { kind: "idle", reason: "NoClassifierPods", message: "", without: { bypassed: [], blocking: [] } },
  paths: { active: path, pending: undefined },
};

const budgets = [
  { name: "within by both", slowestWayMs: 2, measuredWayMs: 3, is: "True WithinBudget" },
  { name: "too slow as predicted", slowestWayMs: 6, measuredWayMs: 3, is: "False TooSlow" },
  { name: "too slow as measured", slowestWayMs: 2, measuredWayMs: 5.5, is: "False MeasuredTooSlow" },
  { name: "within, and not measured", slowestWayMs: 2, measuredWayMs: undefined, is: "True WithinBudget" },
];

test.each(budgets)("a budget of 5 ms is judged $name", ({ slowestWayMs, measuredWayMs: wayMs, is }) => {
  const { conditions } = nextStatus(undefined, { ...input, slowestWayMs, measuredWayMs: wayMs }, 0);
  const within = conditions.find(({ type }) => type === "WithinLatencyBudget");
  expect(`${within?.status} ${within?.reason}`).toBe(is);
});

test("the message has what was predicted and what was measured", () => {
  const { conditions } = nextStatus(undefined, { ...input, slowestWayMs: 2, measuredWayMs: 5.5 }, 0);
  expect(conditions.find(({ type }) => type === "WithinLatencyBudget")?.message).toBe(
    "the slowest way in use takes 2.00 ms of 5 ms, and 5.50 ms with what functions were measured to take",
  );
});
