import { expect, test } from "vitest";
import {
  gone,
  isGone,
  isKnockDue,
  type LifeSigns,
  nextSilence,
  SILENT_LOOKS_MAX,
  type Silence,
  unheard,
} from "./silence.ts";

const nothing: LifeSigns = { hasHeard: false, hasSaid: false, hasAnswered: false };
const heard = { ...nothing, hasHeard: true };
const said = { ...nothing, hasSaid: true };
const both = { ...heard, hasSaid: true };
const answered = { ...nothing, hasAnswered: true };

/** The looks at which a host is knocked on and the one at which it is gone, counted from 1; each knock is answered or none is. */
function watch(signs: readonly LifeSigns[], { answers = false, from = unheard } = {}) {
  const knocks: number[] = [];
  let goneAt: number | undefined;
  let state: Silence = from;
  let isAnswered = false;
  for (const [index, sign] of signs.entries()) {
    state = nextSilence(state, { ...sign, hasAnswered: sign.hasAnswered || isAnswered });
    isAnswered = answers && isKnockDue(state);
    if (isKnockDue(state)) knocks.push(index + 1);
    if (isGone(state)) goneAt ??= index + 1;
  }
  return { knocks, goneAt };
}

const quiet = (looks: number) => Array.from({ length: looks }, () => nothing);

test("a host that was told something and says nothing is knocked on twice, and then gone", () => {
  expect(watch([said, ...quiet(5)])).toEqual({ knocks: [2, 4], goneAt: SILENT_LOOKS_MAX });
});

test("what is said together with what is heard may have been said last", () => {
  expect(watch([both, ...quiet(6)])).toEqual({ knocks: [3, 5], goneAt: 7 });
});

test("a host that answers is never knocked on", () => {
  expect(watch([both, both, heard, both, heard])).toEqual({ knocks: [], goneAt: undefined });
});

test("a host that only listens is knocked on again and again, and lives as long as it answers", () => {
  const { knocks, goneAt } = watch(
    Array.from({ length: 100 }, () => said),
    { answers: true },
  );
  expect(goneAt).toBeUndefined();
  expect(knocks.slice(0, 3)).toEqual([2, 5, 8]);
});

test("a request that takes long has its host asked all the while", () => {
  const { knocks, goneAt } = watch([said, ...quiet(30)], { answers: true });
  expect(goneAt).toBeUndefined();
  expect(knocks).toEqual([2, 5, 8, 11, 14, 17, 20, 23, 26, 29]);
});

test("a host at rest is asked ever more seldom", () => {
  const { knocks, goneAt } = watch([heard, ...quiet(400)], { answers: true });
  expect(goneAt).toBeUndefined();
  expect(knocks).toEqual([4, 10, 34, 130, 258, 386]);
});

test("a host that only sent is missed when it stops and does not answer", () => {
  expect(watch([heard, ...quiet(9)])).toEqual({ knocks: [4, 6], goneAt: 8 });
});

test("what is gone is knocked on now and then, and is back with its first answer", () => {
  expect(watch(quiet(40), { from: gone }).knocks).toEqual([4, 14, 24, 34]);
  expect(isGone(nextSilence(gone, answered))).toBe(false);
});
