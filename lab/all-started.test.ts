import { expect, test } from "vitest";
import { allStarted } from "./all-started.ts";

test("a failure is told when nothing is starting any more", async () => {
  const order: string[] = [];
  const late = Promise.withResolvers<void>();
  const starts = [Promise.reject(new Error("no load")), late.promise.then(() => order.push("started"))];
  const told = allStarted(starts).catch((error: Error) => order.push(error.message));
  await Promise.allSettled([starts[0]]);
  late.resolve();
  await told;
  expect(order).toEqual(["started", "no load"]);
});

test("what has started comes in the order that was asked for", async () => {
  expect(await allStarted([Promise.resolve(1), Promise.resolve(2)])).toEqual([1, 2]);
});
