import { expect, test } from "vitest";
import { Ejections } from "./ejections.ts";

const endpoint = (port: number) => ({ pod: "core/a", address: "10.0.0.1", port, appPort: 80, weight: 1 });

test("an endpoint is passed over until its time is up, and others are not", () => {
  const ejections = new Ejections(100, 3);
  ejections.eject(endpoint(1), 1000);
  expect(ejections.isEjected(endpoint(1), 1099)).toBe(true);
  expect(ejections.isEjected(endpoint(2), 1099)).toBe(false);
  expect(ejections.isEjected(endpoint(1), 1100)).toBe(false);
});

test("only so many are remembered: the oldest is forgotten first", () => {
  const ejections = new Ejections(100, 3);
  for (let port = 0; port < 1025; port++) ejections.eject(endpoint(port), 1000);
  expect(ejections.isEjected(endpoint(0), 1000)).toBe(false);
  expect(ejections.isEjected(endpoint(1), 1000)).toBe(true);
  expect(ejections.isEjected(endpoint(1024), 1000)).toBe(true);
});

test("failures in a row put an endpoint out, and an answer between them does not count with them", () => {
  const ejections = new Ejections(100, 3);
  const fail = (times: number) => {
    for (let time = 0; time < times; time++) ejections.countFailure(endpoint(1), 1000);
  };
  fail(2);
  ejections.forgetFailures(endpoint(1));
  fail(2);
  expect(ejections.isEjected(endpoint(1), 1000)).toBe(false);
  fail(1);
  expect(ejections.isEjected(endpoint(1), 1000)).toBe(true);
  expect(ejections.isEjected(endpoint(1), 1100)).toBe(false);
  fail(1);
  expect(ejections.isEjected(endpoint(1), 1100)).toBe(false);
});
