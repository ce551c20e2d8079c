import { expect, test } from "vitest";
import { ConnectTimes } from "./connect-times.ts";

const to = (destination: string) => ({ source: "a", destination });

test("connections count by pair of nodes, with their sum and the quickest of them", () => {
  const times = new ConnectTimes(10);
  times.observe(to("b"), 3, 0);
  times.observe(to("c"), 9, 1);
  times.observe(to("b"), 2, 2);
  expect(times.all()).toEqual([
    { source: "a", destination: "c", count: 1, sumMs: 9, leastMs: 9 },
    { source: "a", destination: "b", count: 2, sumMs: 5, leastMs: 2 },
  ]);
});

test("a way that has got longer is believed after two minutes with enough connections", () => {
  const times = new ConnectTimes(10);
  const least = () => times.all()[0]?.leastMs;
  for (let each = 0; each < 16; each++) times.observe(to("b"), 1, each);
  for (let each = 0; each < 16; each++) times.observe(to("b"), 5, 60_000 + each);
  expect(least()).toBe(1);
  times.observe(to("b"), 5, 120_000);
  expect(least()).toBe(5);
});

test("beyond the limit the pair used longest ago makes room, and that is counted", () => {
  const times = new ConnectTimes(2);
  for (const node of ["b", "c", "b", "d"]) times.observe(to(node), 1, 0);
  expect(times.all().map(({ destination }) => destination)).toEqual(["b", "d"]);
  expect(times.droppedCount).toBe(1);
});
