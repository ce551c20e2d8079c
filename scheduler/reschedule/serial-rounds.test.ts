import { expect, test } from "vitest";
import { createManualClock } from "../../test/fakes/manual-clock.ts";
import { startSerialRounds } from "./serial-rounds.ts";

function roundsOf(nextInMs = 1000) {
  const clock = createManualClock(0);
  const atMs: number[] = [];
  const open: (() => void)[] = [];
  const state = { hangs: false, nextInMs };
  const round = async () => {
    atMs.push(clock.nowMs());
    if (state.hangs) await new Promise<void>((resolve) => open.push(resolve));
    return clock.nowMs() + state.nextInMs;
  };
  return { clock, atMs, open, state, rounds: startSerialRounds({ clock, debounceMs: 10, round }) };
}

test("a round comes when the last one asked for it", async () => {
  const { clock, atMs } = roundsOf();
  await clock.advanceAsync(2500);
  expect(atMs).toEqual([10, 1010, 2010]);
});

test("changes are gathered, and bring the next round forward", async () => {
  const { clock, atMs, rounds } = roundsOf();
  await clock.advanceAsync(100);
  for (let change = 0; change < 3; change++) rounds.changed();
  await clock.advanceAsync(100);
  expect(atMs).toEqual([10, 110]);
});

test("no round begins during another; what changed meanwhile is looked at afterwards", async () => {
  const { clock, atMs, open, state, rounds } = roundsOf();
  state.hangs = true;
  await clock.advanceAsync(50);
  for (let change = 0; change < 3; change++) rounds.changed();
  await clock.advanceAsync(50);
  expect(atMs).toEqual([10]);
  state.hangs = false;
  open[0]?.();
  await clock.advanceAsync(50);
  expect(atMs).toEqual([10, 110]);
});

test("the stop waits for the round that is under way, and there is no other", async () => {
  const { clock, atMs, open, state, rounds } = roundsOf();
  state.hangs = true;
  await clock.advanceAsync(50);
  let isStopped = false;
  const stopped = rounds.stop().then(() => {
    isStopped = true;
  });
  rounds.changed();
  await clock.advanceAsync(50);
  expect(isStopped).toBe(false);
  open[0]?.();
  await stopped;
  await clock.advanceAsync(5000);
  expect(atMs).toEqual([10]);
  expect(clock.pending).toBe(0);
});
