import { expect, test } from "vitest";
import { Breakers } from "./breakers.ts";

const endpoint = (port: number) => ({ pod: "core/a", address: "10.0.0.1", port, appPort: 80, weight: 1 });
const one = endpoint(1);

function created() {
  return new Breakers({ ejectionMs: 100, ejectionMsMax: 350, failuresMax: 3 });
}

function fail(breakers: Breakers, times: number, nowMs: number): void {
  for (let time = 0; time < times; time++) breakers.countFailure(one, nowMs);
}

test("an endpoint is passed over until its time is up, and others are not", () => {
  const breakers = created();
  breakers.eject(one, 1000);
  expect(breakers.isEjected(one, 1099)).toBe(true);
  expect(breakers.isEjected(endpoint(2), 1099)).toBe(false);
  expect(breakers.isEjected(one, 1100)).toBe(false);
  expect([999, 1099, 1100].map((nowMs) => breakers.stateOf(one, nowMs))).toEqual(["shut", "shut", "probing"]);
});

test("only so many are remembered: the oldest is forgotten first", () => {
  const breakers = created();
  for (let port = 0; port < 1025; port++) breakers.eject(endpoint(port), 1000);
  expect(breakers.isEjected(endpoint(0), 1000)).toBe(false);
  expect(breakers.isEjected(endpoint(1), 1000)).toBe(true);
  expect(breakers.isEjected(endpoint(1024), 1000)).toBe(true);
});

test("failures in a row put an endpoint out, and an answer between them does not count with them", () => {
  const breakers = created();
  fail(breakers, 2, 1000);
  breakers.answered(one, 1000);
  fail(breakers, 2, 1000);
  expect(breakers.isEjected(one, 1000)).toBe(false);
  fail(breakers, 1, 1000);
  expect(breakers.isEjected(one, 1000)).toBe(true);
});

test("then one flow at a time may try it, until one goes well", () => {
  const breakers = created();
  breakers.eject(one, 1000);
  breakers.began(one, 1100);
  expect(breakers.isEjected(one, 1110)).toBe(true);
  // A probe of which nothing is heard does not hold others up for ever.
  expect(breakers.isEjected(one, 1200)).toBe(false);
  breakers.began(one, 1200);
  breakers.answered(one, 1210);
  expect(breakers.isEjected(one, 1211)).toBe(false);
  expect(breakers.stateOf(one, 1211)).toBe("admitting");
});

test("a probe that fails shuts it for twice as long, and at most for so long", () => {
  const breakers = created();
  const shutFor: number[] = [];
  let nowMs = 1000;
  for (let time = 0; time < 4; time++) {
    breakers.eject(one, nowMs);
    const since = nowMs;
    while (breakers.isEjected(one, nowMs)) nowMs += 10;
    shutFor.push(nowMs - since);
  }
  expect(shutFor).toEqual([100, 200, 350, 350]);
  breakers.answered(one, nowMs);
  breakers.eject(one, nowMs);
  expect(breakers.isEjected(one, nowMs + 100)).toBe(false);
});

test("many that fail at once, and answers to what was sent before, change nothing while it is shut", () => {
  const breakers = created();
  for (let flow = 0; flow < 5; flow++) breakers.eject(one, 1000 + flow);
  breakers.answered(one, 1020);
  breakers.tookConnection(one, 1020);
  expect(breakers.isEjected(one, 1099)).toBe(true);
  expect(breakers.isEjected(one, 1100)).toBe(false);
});

test("taking a connection is enough for one that took none, and not for one that took them and broke off", () => {
  const breakers = created();
  breakers.eject(one, 1000);
  breakers.tookConnection(one, 1100);
  expect(breakers.stateOf(one, 1100)).toBe("admitting");
  fail(breakers, 3, 1200);
  breakers.tookConnection(one, 1300);
  expect(breakers.stateOf(one, 1300)).toBe("probing");
  expect(breakers.countFailure(one, 1310)).toBe(true);
  expect(breakers.stateOf(one, 1509)).toBe("shut");
});

test("those that are shut and those on trial are counted", () => {
  const breakers = created();
  breakers.eject(one, 1000);
  breakers.eject(endpoint(2), 1050);
  breakers.countFailure(endpoint(3), 1050);
  expect([breakers.countIn("shut", 1120), breakers.countIn("probing", 1120)]).toEqual([1, 1]);
});
