import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type GainWindow, isRipe, nextWindow, shutWindow } from "./gain-window.ts";

const times = { windowMs: 100, gapMsMax: 30 };

type Look = readonly [atMs: number, isWorthIt: boolean];

function after(looks: readonly Look[]): GainWindow {
  return looks.reduce<GainWindow>((window, [atMs, isIt]) => nextWindow(window, isIt, atMs, times), shutWindow);
}

const worth = (...atMs: number[]): Look[] => atMs.map((at) => [at, true]);

const cases: { name: string; looks: readonly Look[]; ripe: boolean }[] = [
  { name: "a gain at one look is not", looks: worth(0), ripe: false },
  { name: "a gain at every look of the window is", looks: worth(0, 25, 50, 75, 100), ripe: true },
  { name: "one that ends a moment too soon is not", looks: worth(0, 25, 50, 75, 99), ripe: false },
  { name: "one that was gone in between is not", looks: [...worth(0, 25), [50, false], ...worth(75, 100)], ripe: false },
  { name: "one that is gone at last is not", looks: [...worth(0, 25, 50, 75), [100, false]], ripe: false },
  { name: "one of which nothing was seen for too long is not", looks: worth(0, 25, 50, 81, 100), ripe: false },
  { name: "a clock that steps back begins anew", looks: worth(0, 25, 50, 20, 45, 70, 95), ripe: false },
  { name: "a clock that steps far ahead does not make it older", looks: worth(0, 25, 100_000), ripe: false },
]; // biome-ignore format: a line a case

describe("ripe:", () => {
  test.each(cases)("$name", ({ looks, ripe }) => {
    expect(isRipe(after(looks), times)).toBe(ripe);
  });
});

test("whatever the looks and the clock, a ripe gain was there at every look of a window without gaps", () => {
  let ripe = 0;
  const stepMs = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 1, max: 30 }) },
    { weight: 1, arbitrary: fc.integer({ min: -50, max: 60 }) },
  );
  const steps = fc.array(fc.tuple(stepMs, fc.integer({ min: 0, max: 19 })), { minLength: 10, maxLength: 60 });
  fc.assert(
    fc.property(steps, (drawn) => {
      let [atMs, window] = [0, shutWindow as GainWindow];
      const looks: Look[] = [];
      for (const [forwardMs, draw] of drawn) {
        atMs += forwardMs;
        looks.push([atMs, draw > 0]);
        window = nextWindow(window, draw > 0, atMs, times);
        if (!isRipe(window, times)) continue;
        ripe += 1;
        expect(evidenceMs(looks)).toBeGreaterThanOrEqual(times.windowMs);
      }
    }),
    { numRuns: 500 },
  );
  expect(ripe).toBeGreaterThan(50);
});

/** How long, looking back, every look was worth it and followed the one before. */
function evidenceMs(looks: readonly Look[]): number {
  let [first, last] = [looks.at(-1)?.[0] ?? 0, looks.at(-1)?.[0] ?? 0];
  const end = last;
  for (const [atMs, isWorthIt] of looks.toReversed()) {
    if (!isWorthIt || atMs > last || last - atMs > times.gapMsMax) break;
    [first, last] = [atMs, atMs];
  }
  return end - first;
}
