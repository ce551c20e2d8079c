import { expect, test } from "vitest";
import { createManualClock } from "../../test/fakes/manual-clock.ts";
import { type PostResult, SpanQueue } from "./span-queue.ts";

const span = "{}";
const taken: PostResult = { kind: "taken", rejectedCount: 0 };
const later = (afterMs?: number): PostResult => ({ kind: "later", reason: "503", afterMs });

function queueOf(answers: readonly PostResult[], spansMax = 1000) {
  const clock = createManualClock();
  const posted: { readonly atMs: number; readonly count: number }[] = [];
  const startMs = clock.nowMs();
  const queue = new SpanQueue({
    clock,
    random: () => 1,
    spansMax,
    post: async (spans) => {
      posted.push({ atMs: clock.nowMs() - startMs, count: spans.length });
      return answers[Math.min(posted.length, answers.length) - 1] as PostResult;
    },
    onProblem: () => {},
  });
  const pass = (ms: number) => clock.advanceAsync(ms);
  return { queue, posted, pass };
}

test("spans wait a second to become a batch, and no longer when it is full", async () => {
  const { queue, posted, pass } = queueOf([taken]);
  for (let at = 0; at < 3; at++) queue.add(span);
  await pass(900);
  expect(posted).toEqual([]);
  await pass(100);
  expect(posted).toEqual([{ atMs: 1000, count: 3 }]);
  for (let at = 0; at < 513; at++) queue.add(span);
  await pass(1000);
  expect(posted.map(({ count }) => count)).toEqual([3, 512, 1]);
  expect(queue.sentCount).toBe(516);
});

test("a batch is tried again after twice as long each time, six times, and then lost", async () => {
  const { queue, posted, pass } = queueOf([later()]);
  queue.add(span);
  await pass(40_000);
  expect(posted.map(({ atMs }) => atMs)).toEqual([1000, 1500, 2500, 4500, 8500, 16_500]);
  expect([...queue.lost]).toEqual([["unreachable", 1]]);
});

test("the collector's own time goes before, up to half a minute", async () => {
  const { queue, posted, pass } = queueOf([later(7000), later(600_000), taken]);
  queue.add(span);
  await pass(60_000);
  expect(posted.map(({ atMs }) => atMs)).toEqual([1000, 8000, 38_000]);
  expect(queue.sentCount).toBe(1);
});

test("more spans than there is room for are lost, also while some are on their way", async () => {
  const { queue, posted, pass } = queueOf([later(5000), taken], 2);
  for (let at = 0; at < 3; at++) queue.add(span);
  await pass(1000);
  queue.add(span);
  expect([...queue.lost]).toEqual([["queue_full", 2]]);
  await pass(6000);
  queue.add(span);
  await pass(1000);
  expect(posted.map(({ count }) => count)).toEqual([2, 2, 1]);
});

test("what a collector rejects of a batch is lost", async () => {
  const { queue, pass } = queueOf([{ kind: "taken", rejectedCount: 1 }]);
  queue.add(span);
  queue.add(span);
  await pass(1000);
  expect(queue.sentCount).toBe(1);
  expect([...queue.lost]).toEqual([["refused", 1]]);
});

test("at the end what waits goes at once, and again soon, until the time is up", async () => {
  const { queue, posted, pass } = queueOf([later(20_000)]);
  queue.add(span);
  await pass(1000);
  const closing = queue.close(1200);
  queue.add(span);
  await pass(1300);
  await closing;
  expect(posted.map(({ atMs }) => atMs)).toEqual([1000, 1000, 1500, 2000]);
  expect([...queue.lost]).toEqual([["shutdown", 2]]);
});
