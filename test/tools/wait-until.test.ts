import { expect, it } from "vitest";
import { waitUntil } from "./wait-until.ts";

const patience = { what: "the pod is bound", timeoutMs: 10_000, pollMs: 1 };

it("answers the first value that is neither undefined nor false", async () => {
  const values = [undefined, false, "node-1", "node-2"];
  expect(await waitUntil(() => values.shift(), patience)).toBe("node-1");
});

it("goes on after a check that throws", async () => {
  let calls = 0;
  const check = () => {
    calls++;
    if (calls < 3) throw new Error("connection refused");
    return calls;
  };
  expect(await waitUntil(check, patience)).toBe(3);
});

it("names what it waited for, and the last error, at the deadline", async () => {
  const refused = new Error("connection refused");
  const waiting = waitUntil(() => Promise.reject(refused), { ...patience, timeoutMs: 20 });
  await expect(waiting).rejects.toMatchObject({ message: "the pod is bound: not within 20 ms", cause: refused });
});

it("gives up at once when told that there is no hope", async () => {
  const waiting = waitUntil(() => undefined, { ...patience, giveUp: () => "the scheduler ended" });
  await expect(waiting).rejects.toThrow("the pod is bound: the scheduler ended");
});
