import { expect, test } from "vitest";
import { sitePlanText } from "./site-plan-text.ts";

test("a plan says of every overloaded site what goes where and what stays", () => {
  const sites = [
    { name: "zone/metro/a", capacity: 88_000, load: 200_000 },
    { name: "zone/metro/b", capacity: 88_000, load: 33_000 },
  ];
  const transfers = [{ from: "zone/metro/a", to: "zone/metro/b", amount: 55_000 }];
  const left = [{ site: "zone/metro/a", amount: 57_000 }];
  expect(sitePlanText({ service: "default/edge", oneWayMsMax: 5, sites, transfers, left })).toBe(
    "default/edge: 200 kB/s come to zone/metro/a, which takes 88 kB/s: 55 kB/s to zone/metro/b, 57 kB/s find no room and stay",
  );
});
