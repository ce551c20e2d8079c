import { expect, test } from "vitest";
import { changesInTurn, headerChangeOf, headerChangesInTurn } from "./request-rule.ts";

const line = (name: string, value: string) => ({ name, value });

test("setting a header takes all its lines away first, adding none", () => {
  expect(headerChangeOf({ set: [line("X-A", "1")], add: [line("x-b", "2")], remove: ["X-C"] })).toEqual({
    removed: ["x-a", "x-c"],
    added: [line("X-A", "1"), line("x-b", "2")],
  });
});

test("a second change is made to what the first one left", () => {
  const first = headerChangeOf({ set: [line("x-a", "1")], add: [line("x-b", "1")] });
  const second = headerChangeOf({ set: [line("X-B", "2")], add: [line("x-a", "2")] });
  expect(headerChangesInTurn(first, second)).toEqual({
    removed: ["x-a", "x-b"],
    added: [line("x-a", "1"), line("X-B", "2"), line("x-a", "2")],
  });
});

test("a backend's host and path go before the rule's, and nothing at all is undefined", () => {
  expect(changesInTurn({ host: "a", path: { type: "Full", value: "/a" } }, { host: "b" })).toEqual({
    host: "b",
    path: { type: "Full", value: "/a" },
  });
  expect(changesInTurn({}, {})).toBeUndefined();
});
