import { expect, test } from "vitest";
import type { ServiceFunctionPath } from "../../core/model/chain.ts";
import { chainStatusObject, parseChainStatus } from "./chain-status.ts";
import { parseServiceFunctionPath, serviceFunctionPathObject } from "./service-function-path.ts";

const prediction = { maxUtilisation: 0.5, lowerBound: 0.49, demandBytesPerSecond: 1e6 };

const path: ServiceFunctionPath = {
  namespace: "edge",
  name: "inspect-7",
  chain: "inspect",
  chainGeneration: 2,
  spi: 7,
  isActive: true,
  isSymmetric: false,
  hops: [
    { serviceIndex: 1, function: "dpi", weights: [{ from: "node-1", to: "dpi-1", weight: 10_000 }] },
    { serviceIndex: 0, function: undefined, weights: [{ from: "dpi-1", to: "dn-1", weight: 10_000 }] },
  ],
  prediction,
};

test("a path that is written parses to what it was written from", () => {
  expect(parseServiceFunctionPath(serviceFunctionPathObject(path))).toEqual({ kind: "parsed", value: path });
});

test("a path is labelled with its chain, within what a label holds", () => {
  const name = `${"a".repeat(62)}.b`;
  const labelled = serviceFunctionPathObject({ ...path, chain: name });
  expect(labelled.metadata.labels).toEqual({ "weft.dev/chain": "a".repeat(62) });
});

const wrong = [
  { name: "an SPI of 0", path: { ...path, spi: 0 }, field: "spec.spi" },
  { name: "an SPI of 25 bits", path: { ...path, spi: 2 ** 24 }, field: "spec.spi" },
  { name: "no hops", path: { ...path, hops: [] }, field: "spec.hops" },
  {
    name: "a weight above 10,000",
    path: {
      ...path,
      hops: [{ serviceIndex: 0, function: undefined, weights: [{ from: "a", to: "b", weight: 10_001 }] }],
    },
    field: "spec.hops[0].weights[0].weight",
  },
];

test.each(wrong)("a path with $name is rejected", (sample) => {
  const parsed = parseServiceFunctionPath(serviceFunctionPathObject(sample.path));
  expect(parsed).toMatchObject({ kind: "rejected", field: sample.field });
});

test("a status that is written parses to what it was written from", () => {
  const condition = {
    type: "Accepted",
    status: "True",
    reason: "Accepted",
    message: "all is well",
    observedGeneration: 2,
    lastTransitionTime: "2026-01-01T00:00:00Z",
  } as const;
  const untilMs = Date.parse("2026-01-01T00:05:00Z");
  const latency = {
    answerMs: 4.2,
    hops: [
      { serviceIndex: 1, function: "dpi", functionMs: 0.3, answerMs: 3 },
      { serviceIndex: 0, function: undefined, functionMs: undefined, answerMs: 1 },
    ],
  };
  const measured = { demandBytesPerSecond: 1e6, maxUtilisation: 0.4, latency };
  const outages = [{ function: "dpi", effect: "Bypassed", sinceMs: untilMs } as const];
  const refused = [{ spi: 8, rendering: "2-ab", times: 1, untilMs, message: "half of it failed" }];
  const status = { observedGeneration: 2, conditions: [condition], spi: 7, prediction, measured, outages, refused };
  expect(parseChainStatus({ status: chainStatusObject(status) })).toEqual({ kind: "parsed", value: status });
});

test("an object without a status has seen no generation", () => {
  expect(parseChainStatus({ spec: {} })).toMatchObject({ value: { observedGeneration: 0, conditions: [] } });
});
