import { expect, test } from "vitest";
import { Breakers } from "./breakers.ts";

const endpoint = (port: number) => ({ pod: "core/a", address: "10.0.0.1", port, appPort: 80, weight: 1 });
const one = endpoint(1);

function created() {
  return new Breakers({ ejectionMs: 100, ejectionMsMax: 350, failuresMax: 3 });
}

function fail(ejections: Breakers, times: number, nowMs: number): void {
  for (let time = 0; time < times; time++) ejections.countFailure(one, nowMs);
}

test("an endpoint is passed over until its time is up, and others are not", () => {
  const ejections = created();
  ejections.eject(one, 1000);
  expect(ejections.isEjected(one, 1099)).toBe(true);
  expect(ejections.isEjected(endpoint(2), 1099)).toBe(false);
  expect(ejections.isEjected(one, 1100)).toBe(false);
  expect([999, 1099, 1100].map((nowMs) => ejections.stateOf(one, nowMs))).toEqual(["shut", "shut", "probing"]);
});

test("only so many are remembered: the oldest is forgotten first", () => {
  const ejections = created();
  for (let port = 0; port < 1025; port++) ejections.eject(endpoint(port), 1000);
  expect(ejections.isEjected(endpoint(0), 1000)).toBe(false);
  expect(ejections.isEjected(endpoint(1), 1000)).toBe(true);
  expect(ejections.isEjected(endpoint(1024), 1000)).toBe(true);
});

test("failures in a row put an endpoint out, and an answer between them does not count with them", () => {
  const ejections = created();
  fail(ejections, 2, 1000);
  ejections.answered(one, 1000);
  fail(ejections, 2, 1000);
  expect(ejections.isEjected(one, 1000)).toBe(false);
  fail(ejections, 1, 1000);
  expect(ejections.isEjected(one, 1000)).toBe(true);
});

test("then one flow at a time may try it, until one goes well", () => {
  const ejections = created();
  ejections.eject(one, 1000);
  ejections.began(one, 1100);
  expect(ejections.isEjected(one, 1110)).toBe(true);
  // A probe of which nothing is heard does not hold others up for ever.
  expect(ejections.isEjected(one, 1200)).toBe(false);
  ejections.began(one, 1200);
  ejections.answered(one, 1210);
  expect(ejections.isEjected(one, 1211)).toBe(false);
  expect(ejections.stateOf(one, 1211)).toBe("admitting");
});

test("a probe that fails shuts it for twice as long, and at most for so long", () => {
  const ejections = created();
  const shutFor: number[] = [];
  let nowMs = 1000;
  for (let time = 0; time < 4; time++) {
    ejections.eject(one, nowMs);
    const since = nowMs;
    while (ejections.isEjected(one, nowMs)) nowMs += 10;
    shutFor.push(nowMs - since);
  }
  expect(shutFor).toEqual([100, 200, 350, 350]);
  ejections.answered(one, nowMs);
  ejections.eject(one, nowMs);
  expect(ejections.isEjected(one, nowMs + 100)).toBe(false);
});

test("many that fail at once, and answers to what was sent before, change nothing while it is shut", () => {
  const ejections = created();
  for (let flow = 0; flow < 5; flow++) ejections.eject(one, 1000 + flow);
  ejections.answered(one, 1020);
  ejections.tookConnection(one, 1020);
  expect(ejections.isEjected(one, 1099)).toBe(true);
  expect(ejections.isEjected(one, 1100)).toBe(false);
});

test("taking a connection is enough for one that took none, and not for one that took them and broke off", () => {
  const ejections = created();
  ejections.eject(one, 1000);
  ejections.tookConnection(one, 1100);
  expect(ejections.stateOf(one, 1100)).toBe("admitting");
  fail(ejections, 3, 1200);
  ejections.tookConnection(one, 1300);
  expect(ejections.stateOf(one, 1300)).toBe("probing");
  expect(ejections.countFailure(one, 1310)).toBe(true);
  expect(ejections.stateOf(one, 1509)).toBe("shut");
});

test("those that are shut and those on trial are counted", () => {
  const ejections = created();
  ejections.eject(one, 1000);
  ejections.eject(endpoint(2), 1050);
  ejections.countFailure(endpoint(3), 1050);
  expect([ejections.countIn("shut", 1120), ejections.countIn("probing", 1120)]).toEqual([1, 1]);
});
