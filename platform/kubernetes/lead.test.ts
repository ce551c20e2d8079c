import { expect, test } from "vitest";
import type { Log } from "../../core/ports/log.ts";
import { createLead } from "./lead.ts";

const log: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

test("a lead is over at its deadline, even when the timer that would say so is late", () => {
  let nowMs = 1000;
  const clock = { nowMs: () => nowMs, after: () => () => {}, every: () => () => {} };
  const lead = createLead({ clock, log, name: "weft-sfc", identity: "a" });
  lead.holdUntil(2000);
  nowMs = 1999;
  expect(lead.isLeader()).toBe(true);
  nowMs = 2000;
  expect(lead.isLeader()).toBe(false);
  lead.holdUntil(3000);
  expect(lead.isLeader()).toBe(true);
});
