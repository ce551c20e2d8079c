import { expect, test } from "vitest";
import { sfcConfigSchema } from "./sfc-config.ts";

test("nothing needs to be told", () => {
  expect(sfcConfigSchema.parse({})).toMatchObject({
    port: 10_290,
    variablesMax: 1000,
    localityLatencyMs: { zone: 0.2 },
  });
});

test.each([
  { name: "latencies that do not grow", config: { localityLatencyMs: { zone: 5 } }, field: ["localityLatencyMs"] },
  { name: "a latency of 0", config: { localityLatencyMs: { rack: 0 } }, field: ["localityLatencyMs", "rack"] },
  { name: "a scheduler that is no URL", config: { schedulerUrl: "scheduler:1" }, field: ["schedulerUrl"] },
  { name: "a program that would hold everything up", config: { variablesMax: 100_000 }, field: ["variablesMax"] },
])("$name is refused by its field", ({ config, field }) => {
  expect(sfcConfigSchema.safeParse(config).error?.issues[0]?.path).toEqual(field);
});
