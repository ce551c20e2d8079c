import { expect, test } from "vitest";
import { parseSiteProblem } from "./site-problem.ts";

const sites = [
  { name: "a", capacity: 10, load: 15 },
  { name: "b", capacity: 10, load: 0 },
];
const delays = [{ a: "a", b: "b", oneWayMs: 2 }];

test("sites with their delays are a problem as they stand", () => {
  const problem = { oneWayMsMax: 5, sites, delays };
  expect(parseSiteProblem(problem)).toEqual({ kind: "parsed", value: problem });
});

const wrong = [
  { name: "a load below 0", change: { sites: [{ ...sites[0], load: -1 }] }, field: "sites[0].load" },
  { name: "a site that is there twice", change: { sites: [sites[0], sites[0]] }, field: "sites[1].name" },
  { name: "a delay of an unknown site", change: { delays: [{ a: "a", b: "c", oneWayMs: 2 }] }, field: "delays[0].b" },
  { name: "a delay within a site", change: { delays: [{ a: "a", b: "a", oneWayMs: 2 }] }, field: "delays[0].b" },
  { name: "no bound", change: { oneWayMsMax: undefined }, field: "oneWayMsMax" },
  { name: "a misspelt field", change: { delay: [] }, field: "delay" },
];

test.each(wrong)("$name is refused by its field", ({ change, field }) => {
  expect(parseSiteProblem({ oneWayMsMax: 5, sites, delays, ...change })).toMatchObject({ kind: "rejected", field });
});
