import { expect, test } from "vitest";
import { type ServiceFunctionPath, spiMax } from "../../core/model/chain.ts";
import { lifecycleStep, sortPaths } from "./path-lifecycle.ts";
import { PathMemory, type PathNote } from "./path-memory.ts";

test("a path of our own is there before the view shows it, and gone before the view has lost it", () => {
  const memory = new PathMemory();
  memory.wrote("edge/p-1", path(1), 0);
  expect(memory.current([], 1)).toEqual([path(1)]);
  expect(memory.current([path(1)], 2)).toEqual([path(1)]);
  memory.wrote("edge/p-1", undefined, 3);
  expect(memory.current([path(1)], 4)).toEqual([]);
});

test("what the view shows counts in the end, whatever we believe to have written", () => {
  const memory = new PathMemory();
  memory.wrote("edge/p-1", { ...path(1), isActive: true }, 0);
  expect(memory.current([path(1)], 29_999)).toEqual([{ ...path(1), isActive: true }]);
  expect(memory.current([path(1)], 30_000)).toEqual([path(1)]);
});

test("an SPI is not given twice, freed ones come last", () => {
  const memory = new PathMemory();
  memory.current([path(7), path(3)], 0);
  expect([memory.allocateSpi(new Set([3, 7])), memory.allocateSpi(new Set([3, 7, 8]))]).toEqual([8, 9]);
});

test("after the last SPI the first free one follows", () => {
  const memory = new PathMemory();
  memory.current([path(spiMax), path(1)], 0);
  expect(memory.allocateSpi(new Set([spiMax, 1]))).toBe(2);
});

const times = { activationDelayMs: 1000, drainMs: 5000 };

const afterRestart = [
  {
    name: "an inactive path newer than the active one is pending",
    paths: [path(1, true), path(2)],
    is: { active: 1, pending: 2, draining: [] },
  },
  {
    name: "an inactive path older than the active one drains",
    paths: [path(1), path(2, true)],
    is: { active: 2, pending: undefined, draining: [1] },
  },
  {
    name: "of several inactive ones without an active one the newest is pending",
    paths: [path(1), path(2)],
    is: { active: undefined, pending: 2, draining: [1] },
  },
];

test.each(afterRestart)("when nothing is noted, $name", ({ paths, is }) => {
  const { active, pending, draining } = sortPaths(paths, new Map());
  expect({ active: active?.spi, pending: pending?.spi, draining: draining.map(({ spi }) => spi) }).toEqual(is);
});

test("of two active paths, left by a change that was cut short, the older one is taken out and drains", () => {
  const notes = new Map<string, PathNote>();
  const sorted = sortPaths([path(1, true), path(2, true)], notes);
  const step = lifecycleStep(sorted, undefined, { notes, nowMs: 0, times });
  expect(step).toMatchObject({ actions: [{ kind: "deactivate", path: { spi: 1 } }], wakeAtMs: 5000 });
});

test("the new path is activated before the old one is taken out", () => {
  const notes = new Map<string, PathNote>([["edge/p-2", { role: "pending", sinceMs: 0 }]]);
  const sorted = sortPaths([path(1, true), path(2)], notes);
  const early = lifecycleStep(sorted, undefined, { notes, nowMs: 999, times });
  expect(early).toEqual({ actions: [], wakeAtMs: 1000 });
  const due = lifecycleStep(sorted, undefined, { notes, nowMs: 1000, times });
  expect(due.actions.map(({ kind, path: { spi } }) => `${kind} ${spi}`)).toEqual(["activate 2", "deactivate 1"]);
});

function path(spi: number, isActive = false): ServiceFunctionPath {
  const prediction = { maxUtilisation: 0, lowerBound: 0, demandBytesPerSecond: 0 };
  return {
    namespace: "edge",
    name: `p-${spi}`,
    chain: "c",
    chainGeneration: 1,
    spi,
    isActive,
    isSymmetric: false,
    hops: [],
    prediction,
  };
}
