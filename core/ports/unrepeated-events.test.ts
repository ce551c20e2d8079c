import { expect, it } from "vitest";
import type { ObjectEvent } from "./event-recorder.ts";
import { unrepeated } from "./unrepeated-events.ts";

const regarding = { apiVersion: "v1", kind: "Pod", namespace: "core", name: "amf-0", uid: "1" };
const event: ObjectEvent = { regarding, type: "Normal", reason: "Placed", message: "on n1" };

function recorderWith({ eventsMax = 10 } = {}) {
  const recorded: ObjectEvent[] = [];
  const state = { nowMs: 1000, fails: false };
  const inner = {
    async record(given: ObjectEvent) {
      if (state.fails) throw new Error("no");
      recorded.push(given);
    },
  };
  const recorder = unrepeated(inner, { nowMs: () => state.nowMs, repeatAfterMs: 100, eventsMax });
  return { recorder, recorded, state };
}

it("an equal event is recorded again only after a while", async () => {
  const { recorder, recorded, state } = recorderWith();
  await recorder.record(event);
  state.nowMs += 99;
  await recorder.record({ ...event, regarding: { ...regarding } });
  expect(recorded).toHaveLength(1);
  state.nowMs += 1;
  await recorder.record(event);
  expect(recorded).toHaveLength(2);
});

it.each([
  { name: "another message", other: { ...event, message: "on n2" } },
  { name: "another object", other: { ...event, regarding: { ...regarding, uid: "2" } } },
  { name: "a warning", other: { ...event, type: "Warning" } as const },
])("$name is another event", async ({ other }) => {
  const { recorder, recorded } = recorderWith();
  await recorder.record(event);
  await recorder.record(other);
  expect(recorded).toEqual([event, other]);
});

it("an event that could not be recorded may come again at once", async () => {
  const { recorder, recorded, state } = recorderWith();
  state.fails = true;
  await expect(recorder.record(event)).rejects.toThrow("no");
  state.fails = false;
  await recorder.record(event);
  expect(recorded).toHaveLength(1);
});

it("two equal events at a time are one", async () => {
  const { recorder, recorded } = recorderWith();
  await Promise.all([recorder.record(event), recorder.record(event)]);
  expect(recorded).toHaveLength(1);
});

it("only so many are remembered, the latest", async () => {
  const { recorder, recorded } = recorderWith({ eventsMax: 2 });
  const said = (message: string) => recorder.record({ ...event, message });
  for (const message of ["a", "b", "c", "c", "b", "a"]) await said(message);
  expect(recorded.map(({ message }) => message)).toEqual(["a", "b", "c", "a"]);
});

it("a clock that stepped back keeps no event from being recorded", async () => {
  const { recorder, recorded, state } = recorderWith();
  await recorder.record(event);
  state.nowMs = 10;
  await recorder.record(event);
  await recorder.record(event);
  expect(recorded).toHaveLength(2);
});
