import { expect, test } from "vitest";
import type { PlacementPlan } from "../../core/model/placement-plan.ts";
import { planOf } from "../../test/builders/plan-situation.ts";
import { PlanMemory } from "./plan-memory.ts";

const at = (version: string): PlacementPlan => ({ ...planOf(), version });

test("what the view has is believed, until this replica has written something newer", () => {
  const memory = new PlanMemory();
  expect(memory.current([at("1")], 0)).toEqual([at("1")]);
  memory.wrote(at("1"), at("2"), 0);
  memory.wrote(at("2"), at("3"), 0);
  expect(memory.current([at("1")], 0)).toEqual([at("3")]);
  expect(memory.current([at("2")], 0)).toEqual([at("3")]);
});

test("what others have written since is believed, whatever the view shows then", () => {
  const memory = new PlanMemory();
  memory.wrote(at("1"), at("2"), 0);
  expect(memory.current([at("4")], 0)).toEqual([at("4")]);
  expect(memory.current([at("1")], 0)).toEqual([at("1")]);
});

test("a plan that the view has not shown yet is there, but not for ever", () => {
  const memory = new PlanMemory();
  memory.wrote(undefined, at("1"), 0);
  memory.wrote(at("1"), at("2"), 0);
  expect(memory.current([], 29_999)).toEqual([at("2")]);
  expect(memory.current([], 30_000)).toEqual([]);
});

test("a plan that the view has shown and shows no more is gone", () => {
  const memory = new PlanMemory();
  memory.wrote(undefined, at("1"), 0);
  memory.wrote(at("1"), at("2"), 0);
  expect(memory.current([at("1")], 0)).toEqual([at("2")]);
  expect(memory.current([], 0)).toEqual([]);
  memory.wrote(at("8"), at("9"), 0);
  expect(memory.current([], 0)).toEqual([]);
});

test("a clock that steps back by a day keeps nothing for a day", () => {
  const memory = new PlanMemory();
  memory.wrote(undefined, at("1"), 86_400_000);
  expect(memory.current([], 0)).toEqual([]);
});
