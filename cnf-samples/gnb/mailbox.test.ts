import { expect, test } from "vitest";
import { Mailbox } from "./mailbox.ts";

const soonMs = 1;

test("items are taken in order, also by who waits for them", async () => {
  const mailbox = new Mailbox<number>(2);
  expect([mailbox.put(1), mailbox.put(2)]).toEqual([true, true]);
  expect([await mailbox.take(soonMs), await mailbox.take(soonMs)]).toEqual([1, 2]);
  const waiting = mailbox.take(60_000);
  mailbox.put(3);
  expect(await waiting).toBe(3);
});

test("a full box drops what comes, and says so", async () => {
  const mailbox = new Mailbox<number>(1);
  expect([mailbox.put(1), mailbox.put(2)]).toEqual([true, false]);
  mailbox.clear();
  expect(mailbox.put(3)).toBe(true);
  expect(await mailbox.take(soonMs)).toBe(3);
});

test("nothing in time is undefined, and so is everything after closing", async () => {
  const mailbox = new Mailbox<number>(1);
  expect(await mailbox.take(soonMs)).toBeUndefined();
  const waiting = mailbox.take(60_000);
  mailbox.close();
  expect([await waiting, mailbox.put(1), await mailbox.take(60_000)]).toEqual([undefined, false, undefined]);
});
