import fc from "fast-check";
import { expect, test } from "vitest";
import { SessionBudget, SessionTable } from "./session-table.ts";

const at = (nowMs: number, idleMs = 100) => ({ nowMs, idleMs });

test("a session keeps its endpoint while datagrams come, and is over after its idle time", () => {
  const table = new SessionTable<string>(new SessionBudget(10));
  table.begin(7, "upf-0", at(0));
  expect(table.find(7, 100)?.pinned).toBe("upf-0");
  expect(table.find(7, 200)?.pinned).toBe("upf-0");
  expect(table.find(7, 301)).toBeUndefined();
  expect(table.size).toBe(0);
});

test("a full table refuses new sessions and keeps the live ones", () => {
  const table = new SessionTable<string>(new SessionBudget(2));
  table.begin("a", "x", at(0));
  table.begin("b", "y", at(50));
  expect(table.begin("c", "z", at(60))).toBeUndefined();
  expect([table.find("a", 60)?.pinned, table.find("b", 60)?.pinned, table.find("c", 60)]).toEqual([
    "x",
    "y",
    undefined,
  ]);
});

test("tables share their budget, and give back what is over or released", () => {
  const budget = new SessionBudget(2);
  const [one, other] = [new SessionTable<string>(budget), new SessionTable<string>(budget)];
  one.begin(1, "x", at(0));
  other.begin(1, "y", at(0, 1000));
  expect(one.begin(2, "x", at(0))).toBeUndefined();
  expect([one.expire(101), other.expire(101), budget.count]).toEqual([1, 0, 1]);
  other.release(1);
  other.release(1);
  expect(budget.count).toBe(0);
});

test("the budget is the number of sessions, whatever is done", () => {
  const anyStep = fc.record({
    table: fc.nat(1),
    key: fc.nat(5),
    does: fc.constantFrom("touch", "release", "expire", "releaseAll"),
    passesMs: fc.nat(80),
  });
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
      const budget = new SessionBudget(4);
      const tables = [new SessionTable<number>(budget), new SessionTable<number>(budget)];
      let nowMs = 0;
      for (const { table: index, key, does, passesMs } of steps) {
        nowMs += passesMs;
        const table = tables[index] as SessionTable<number>;
        if (does === "touch" && table.find(key, nowMs) === undefined) table.begin(key, key, at(nowMs));
        if (does === "release") table.release(key);
        if (does === "expire") table.expire(nowMs);
        if (does === "releaseAll") table.releaseAll();
        expect(budget.count).toBe((tables[0]?.size ?? 0) + (tables[1]?.size ?? 0));
        expect(budget.count).toBeLessThanOrEqual(4);
      }
    }),
  );
});
