import { expect, test } from "vitest";
import type { ServiceFunctionPath } from "../../../core/model/chain.ts";
import { heldBack, type Refusals, refusing, remaining } from "./refusals.ts";
import { renderingKey } from "./rendering-key.ts";

const backoffMs = 300_000;
const at = (nowMs: number) => ({ nowMs, backoffMs });

function path(spi: number, instance = "dpi-1", chainGeneration = 1): ServiceFunctionPath {
  const weights = [{ from: "n1", to: instance, weight: 10_000 }];
  return {
    ...{ namespace: "edge", name: `p-${spi}`, chain: "p", chainGeneration, spi, isActive: true, isSymmetric: false },
    hops: [{ serviceIndex: 1, function: "dpi", weights }],
    prediction: { maxUtilisation: 0, lowerBound: 0, demandBytesPerSecond: 0 },
  };
}

const keyOf = ({ chainGeneration, hops }: ServiceFunctionPath) => renderingKey(chainGeneration, hops);

test("a rendering is held back for the back-off, twice as long each time, whatever its weights and its SPI are", () => {
  const first = refusing([], path(2), "bad", at(400));
  expect(first).toEqual([{ spi: 2, rendering: keyOf(path(2)), times: 1, untilMs: 301_000, message: "bad" }]);
  expect(heldBack(first, keyOf(path(3)), 300_999)).toBe(first[0]);
  expect(heldBack(first, keyOf(path(3)), 301_000)).toBeUndefined();
  const second = refusing(first, path(3), "bad again", at(302_000));
  expect(second).toMatchObject([{ spi: 3, times: 2, untilMs: 902_000 }]);
  expect(heldBack(second, keyOf(path(4, "dpi-2")), 302_000)).toBeUndefined();
  expect(heldBack(second, keyOf(path(4, "dpi-1", 2)), 302_000)).toBeUndefined();
});

test("the back-off ends growing, and a path is refused once", () => {
  let refusals: Refusals = [];
  for (let spi = 1; spi <= 10; spi++) refusals = refusing(refusals, path(spi), "bad", at(0));
  expect(refusals).toMatchObject([{ times: 10, untilMs: 16 * backoffMs }]);
  expect(refusing(refusals, path(10), "bad", at(5000))).toBe(refusals);
});

test("of many renderings the last eight are remembered", () => {
  let refusals: Refusals = [];
  for (let spi = 1; spi <= 20; spi++) refusals = refusing(refusals, path(spi, `dpi-${spi}`), "bad", at(0));
  expect(refusals.map(({ spi }) => spi)).toEqual([20, 19, 18, 17, 16, 15, 14, 13]);
});

const refused = refusing([], path(2), "bad", at(0));
const forgotten = [
  { name: "is kept while another path is active", generation: 1, proven: path(3, "dpi-2"), nowMs: 1000, is: 1 },
  { name: "is kept while the path from before it is active again", generation: 1, proven: path(1), nowMs: 1000, is: 1 },
  { name: "is forgotten once it has worked", generation: 1, proven: path(3), nowMs: 1000, is: 0 },
  { name: "is forgotten with its generation", generation: 2, proven: undefined, nowMs: 1000, is: 0 },
  { name: "is forgotten after a long time", generation: 1, proven: undefined, nowMs: 17 * backoffMs, is: 0 },
];

test.each(forgotten)("a refused rendering $name", ({ generation, proven, nowMs, is }) => {
  expect(remaining(refused, { generation }, proven, at(nowMs))).toHaveLength(is);
});
