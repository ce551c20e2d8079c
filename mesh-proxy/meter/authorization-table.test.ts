import { expect, test } from "vitest";
import { AuthorizationTable } from "./authorization-table.ts";

test("each rule has its count, and there are no more rules than may be", () => {
  const table = new AuthorizationTable(2);
  const names = ["a", "b", "a", "c", "c"];
  for (const rule of names) table.count({ policy: "core/p", rule, action: "Deny" });
  expect(Array.from(table.all(), ({ rule, count }) => [rule, count])).toEqual([
    ["b", 1],
    ["c", 2],
  ]);
});
