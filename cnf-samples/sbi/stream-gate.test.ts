import { expect, test } from "vitest";
import { StreamGate } from "./stream-gate.ts";

test("as many enter as there are places, as many wait as may, the rest is turned away", async () => {
  const gate = new StreamGate(1, 1);
  expect(gate.enter()).toBe(true);
  const waiting = gate.enter();
  expect(gate.enter()).toBe(false);
  gate.leave();
  expect(await waiting).toBe(true);
  expect(gate.inFlight).toBe(1);
  gate.leave();
  expect(gate.inFlight).toBe(0);
});
