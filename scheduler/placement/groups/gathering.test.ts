import fc from "fast-check";
import { expect, test } from "vitest";
import { type Gathering, type GatheringEvent, idle, nextGathering, planDueAtMs } from "./gathering.ts";

const times = { quietMs: 50, waitMsMax: 1000 };
const after = (...events: readonly (readonly [GatheringEvent, number])[]): Gathering =>
  events.reduce((state, [event, nowMs]) => nextGathering(state, event, nowMs), idle);
const dueAfter = (...events: readonly (readonly [GatheringEvent, number])[]) => planDueAtMs(after(...events), times);

const cases: readonly {
  name: string;
  events: readonly (readonly [GatheringEvent, number])[];
  due: number | undefined;
}[] = [
  { name: "nobody waits for nobody", events: [], due: undefined },
  { name: "a group is due when nobody has come for a while", events: [["came", 100]], due: 150 },
  {
    name: "whoever comes starts the quiet time anew",
    events: [
      ["came", 100],
      ["came", 140],
    ],
    due: 190,
  },
  {
    name: "a stream that never ends is cut",
    events: [
      ["came", 100],
      ["came", 1090],
    ],
    due: 1100,
  },
  {
    name: "a group of which all are there is due at once",
    events: [
      ["came", 100],
      ["completed", 120],
    ],
    due: 100,
  },
  {
    name: "who has gone needs no plan",
    events: [
      ["came", 100],
      ["emptied", 120],
    ],
    due: undefined,
  },
  {
    name: "while a plan is made none begins",
    events: [
      ["came", 100],
      ["began", 150],
      ["came", 160],
    ],
    due: undefined,
  },
  {
    name: "who came while a plan was made is in the next",
    events: [
      ["came", 100],
      ["began", 150],
      ["came", 160],
      ["ended", 400],
    ],
    due: 210,
  },
  {
    name: "after a plan nobody waits",
    events: [
      ["came", 100],
      ["began", 150],
      ["ended", 400],
    ],
    due: undefined,
  },
];

test.each(cases)("$name", ({ events, due }) => {
  expect(dueAfter(...events)).toBe(due);
});

test("whatever comes, a plan is due at most quietMs after the last and waitMsMax after the first", () => {
  const events = fc.array(
    fc.tuple(fc.constantFrom<GatheringEvent>("came", "completed", "began", "ended"), fc.nat(200)),
    {
      maxLength: 40,
    },
  );
  fc.assert(
    fc.property(events, (drawn) => {
      let [state, nowMs] = [idle, 0];
      for (const [event, passedMs] of drawn) {
        nowMs += passedMs;
        state = nextGathering(state, event, nowMs);
        const dueAtMs = planDueAtMs(state, times);
        if (event === "came" && state.kind === "gathering") expect(dueAtMs).toBeDefined();
        if (dueAtMs === undefined || state.kind !== "gathering") continue;
        expect(dueAtMs).toBeLessThanOrEqual(state.newsAtMs + times.quietMs);
        expect(dueAtMs).toBeLessThanOrEqual(state.sinceMs + times.waitMsMax);
      }
    }),
  );
});
