import { Counter, Registry } from "prom-client";
import { expect, test } from "vitest";
import { WeftError } from "../core/model/weft-error.ts";
import type { ObjectEvent } from "../core/ports/event-recorder.ts";
import { createLog } from "../platform/log/pino-log.ts";
import { createManualClock } from "../test/fakes/manual-clock.ts";
import { startEventQueue } from "./event-queue.ts";

const log = createLog({ level: "silent", name: "test" });

function said(message: string): ObjectEvent {
  const regarding = { apiVersion: "v1", kind: "Pod", namespace: "core", name: "amf-0", uid: "1" };
  return { regarding, type: "Normal", reason: "Placed", message };
}

function queueOf({ perSecondMax = 10, queueLengthMax = 100 } = {}) {
  const clock = createManualClock();
  const counter = new Counter({ name: "events", help: "-", labelNames: ["outcome"], registers: [new Registry()] });
  const recorded: string[] = [];
  const open: (() => void)[] = [];
  const state = { fails: false, hangs: false };
  const recorder = {
    async record({ message }: ObjectEvent) {
      if (state.hangs) await new Promise<void>((resolve) => open.push(resolve));
      if (state.fails) throw new WeftError("kubernetes-unavailable", "no");
      recorded.push(message);
    },
  };
  const queue = startEventQueue({ recorder, clock, log, counter }, { perSecondMax, queueLengthMax });
  const count = async (outcome: string) =>
    (await counter.get()).values.find(({ labels }) => labels.outcome === outcome)?.value ?? 0;
  return { queue, clock, recorded, state, open, count };
}

test("events are written in their order, so many in a second", async () => {
  const { queue, clock, recorded, count } = queueOf({ perSecondMax: 10 });
  for (const message of ["a", "b", "c"]) queue.add(said(message));
  await clock.advanceAsync(0);
  expect(recorded).toEqual(["a"]);
  await clock.advanceAsync(99);
  expect(recorded).toEqual(["a"]);
  await clock.advanceAsync(101);
  expect(recorded).toEqual(["a", "b", "c"]);
  expect(await count("written")).toBe(3);
});

test("after a pause the next one is written at once", async () => {
  const { queue, clock, recorded } = queueOf();
  queue.add(said("a"));
  await clock.advanceAsync(1000);
  queue.add(said("b"));
  await clock.advanceAsync(0);
  expect(recorded).toEqual(["a", "b"]);
});

test("a write that hangs holds up others, not those who speak; what does not fit is dropped and counted", async () => {
  const { queue, clock, recorded, state, open, count } = queueOf({ queueLengthMax: 2 });
  state.hangs = true;
  for (const message of ["a", "b", "c", "d", "e"]) queue.add(said(message));
  await clock.advanceAsync(10_000);
  expect(recorded).toEqual([]);
  expect(await count("dropped")).toBe(2);
  state.hangs = false;
  open[0]?.();
  await clock.advanceAsync(10_000);
  expect(recorded).toEqual(["a", "b", "c"]);
});

test("an event that cannot be written is counted, and the next is tried", async () => {
  const { queue, clock, recorded, state, count } = queueOf();
  state.fails = true;
  queue.add(said("a"));
  await clock.advanceAsync(1000);
  state.fails = false;
  queue.add(said("b"));
  await clock.advanceAsync(1000);
  expect(recorded).toEqual(["b"]);
  expect([await count("failed"), await count("written")]).toEqual([1, 1]);
});

test("the stop ends what is under way, drops what waits, and leaves no timer", async () => {
  const { queue, clock, recorded, count } = queueOf();
  for (const message of ["a", "b", "c"]) queue.add(said(message));
  await queue.stop();
  queue.add(said("d"));
  await clock.advanceAsync(10_000);
  expect(recorded).toEqual(["a"]);
  expect(await count("dropped")).toBe(3);
  expect(clock.pending).toBe(0);
});
