import { expect, test } from "vitest";
import { defaultLocalityCosts } from "../core/model/locality.ts";
import { schedulerConfigSchema } from "./scheduler-config.ts";

test("nothing need be configured", () => {
  const config = schedulerConfigSchema.parse({});
  expect(config).toMatchObject({ plugin: "locality", linkFilter: { isEnabled: false } });
  expect(config.localityCosts).toEqual(defaultLocalityCosts);
});

const wrong = [
  { name: "a key that does not exist", config: { plugins: "locality" } },
  { name: "a plugin that does not exist", config: { plugin: "random" } },
  { name: "costs from nowhere", config: { costs: "guessed" } },
  { name: "a median of no pairs", config: { measuredCosts: { pairsMin: 0 } } },
  { name: "a half-life of nothing", config: { halfLifeMs: 0 } },
  { name: "a negative cost", config: { localityCosts: { zone: -1 } } },
  { name: "a locality that does not exist", config: { localityCosts: { planet: 1 } } },
];

test.each(wrong)("$name is refused", ({ config }) => {
  expect(schedulerConfigSchema.safeParse(config).success).toBe(false);
});
