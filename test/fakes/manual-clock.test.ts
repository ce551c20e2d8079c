import { expect, it } from "vitest";
import { createManualClock } from "./manual-clock.ts";

it("a manual clock makes calls in order of time, each at its own time", () => {
  const clock = createManualClock(0);
  const calls: string[] = [];
  clock.after(20, () => calls.push(`b@${clock.nowMs()}`));
  clock.after(10, () => calls.push(`a@${clock.nowMs()}`));
  clock.every(15, () => calls.push(`e@${clock.nowMs()}`));
  clock.advance(30);
  expect(calls).toEqual(["a@10", "e@15", "b@20", "e@30"]);
  expect(clock.nowMs()).toBe(30);
});

it("a manual clock makes calls that were asked for on the way", () => {
  const clock = createManualClock(0);
  const calls: number[] = [];
  clock.after(10, () => clock.after(5, () => calls.push(clock.nowMs())));
  clock.advance(14);
  expect(calls).toEqual([]);
  clock.advance(1);
  expect(calls).toEqual([15]);
});

it("a manual clock lets promises settle between calls", async () => {
  const clock = createManualClock(0);
  const calls: number[] = [];
  const wait = (ms: number) => new Promise<void>((resolve) => clock.after(ms, resolve));
  const walk = async () => {
    for (let step = 0; step < 3; step++) {
      await wait(10);
      calls.push(clock.nowMs());
    }
  };
  void walk();
  await clock.advanceAsync(30);
  expect(calls).toEqual([10, 20, 30]);
  expect(clock.pending).toBe(0);
});
