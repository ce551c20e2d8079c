import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { parsePlacementScenario } from "../../platform/schema/placement-scenario.ts";
import { checkPlacement } from "../placement/search/check-placement.ts";
import { planCosts } from "./plan-costs.ts";
import { runPlan } from "./run-plan.ts";

const folder = mkdtempSync(path.join(tmpdir(), "weft-plan-"));
afterAll(() => rmSync(folder, { recursive: true }));
const outPath = path.join(folder, "answer.json");

function written(name: string, content: unknown): string {
  const file = path.join(folder, name);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

const service = { replicas: 1, cpu: 1, memory: 0, nodes: "*" };
const small = {
  name: "small",
  nodes: ["a", "b"].map((name) => ({ name, cpu: 2, memory: 0 })),
  services: [
    { ...service, name: "front", initial: { a: 1 } },
    { ...service, name: "back", initial: { b: 1 } },
  ],
  traffic: [{ from: "front", to: "back", weight: 3 }],
};

test("the file has the answer, and its figures are those of its placement", async () => {
  const scenarioPath = "test/data/social-network-9x4.json";
  const answer = await runPlan({ scenarioPath, seconds: 0.1, seed: 1, outPath });
  expect(answer.gainedAffinity).toBeGreaterThanOrEqual(answer.initialGainedAffinity);
  const file = JSON.parse(readFileSync(outPath, "utf8"));
  expect(file).toEqual(answer);
  const parsed = parsePlacementScenario(JSON.parse(readFileSync(scenarioPath, "utf8")));
  if (parsed.kind !== "parsed") throw new Error(parsed.reason);
  const placement = new Map(
    Object.entries<Record<string, number>>(file.placement).map(([name, byNode]) => [
      name,
      new Map(Object.entries(byNode)),
    ]),
  );
  expect(checkPlacement(parsed.value, placement)).toEqual({
    gainedAffinity: file.gainedAffinity,
    roundRobinShare: file.roundRobinShare,
    saved: file.gainedAffinity,
    moves: file.moves,
    violations: [],
  });
});

test("an answer has every figure", async () => {
  const answer = await runPlan({ scenarioPath: written("small.json", small), seconds: 0.05, seed: 4 });
  expect(answer).toEqual({
    placement: answer.placement,
    gainedAffinity: 1,
    roundRobinShare: 1,
    initialGainedAffinity: 0,
    moves: 1,
    violations: [],
    seed: 4,
    seconds: answer.seconds,
    curve: [{ moves: 1, gainedAffinity: 1 }],
  });
});

test("without moves the answer is what stands", async () => {
  const answer = await runPlan({ scenarioPath: written("small.json", small), seconds: 0.05, seed: 1, movesMax: 0 });
  expect(answer).toMatchObject({ placement: { front: { a: 1 }, back: { b: 1 } }, gainedAffinity: 0, moves: 0 });
});

test("a start that breaks limits is reported, and mended as far as moves allow", async () => {
  const crowded = { ...small, services: [{ ...service, name: "twin", replicas: 3, initial: { a: 3 } }], traffic: [] };
  const scenarioPath = written("crowded.json", crowded);
  const initialViolations = [{ kind: "capacity", node: "a", resource: "cpu", used: 3, capacity: 2 }];
  expect(await runPlan({ scenarioPath, seconds: 0.05, seed: 1 })).toMatchObject({ violations: [], initialViolations });
  const unmoved = await runPlan({ scenarioPath, seconds: 0.05, seed: 1, movesMax: 0 });
  expect(unmoved).toMatchObject({ violations: initialViolations, initialViolations, moves: 0 });
});

const zoned = {
  ...small,
  nodes: ["1", "2", "1", "2"].map((zone, index) => ({ name: `n${index}`, cpu: 1, memory: 0, zone })),
  services: [
    { ...service, name: "front", initial: { n0: 1 } },
    { ...service, name: "back", initial: { n1: 1 } },
    { ...service, name: "ballast", initial: { n2: 1 } },
  ],
  costs: { node: 0, rack: 1, zone: 2, region: 5, other: 10 },
};

test("by localities, what cannot share a node shares its zone, and the answer says what a byte costs", async () => {
  const scenarioPath = written("zoned.json", zoned);
  const asked = { scenarioPath, seconds: 0.05, seed: 1, movesMax: 1 };
  const answer = await runPlan({ ...asked, costs: "localities" });
  expect(answer).toMatchObject({ cost: { by: "localities", initial: 10, planned: 2 }, gainedAffinity: 0, moves: 1 });
  expect(answer.curve).toEqual([{ moves: 1, gainedAffinity: 0, meanCost: 2 }]);
  expect((await runPlan(asked)).cost).toBeUndefined();
});

test("costs of localities are the scheduler's unless the file has others", async () => {
  const scenarioPath = written("plain-zones.json", { ...zoned, costs: undefined });
  const answer = await runPlan({ scenarioPath, seconds: 0.05, seed: 1, movesMax: 1, costs: "localities" });
  expect(answer.cost).toEqual({ by: "localities", initial: 10, planned: 2 });
});

test("by a table of delays, near nodes are found, and how far groups of them are from it is said", async () => {
  const delays = [[0, 9, 1, 9], [9, 0, 9, 1], [3, 9, 0, 9], [9, 1, 9, 0]]; // biome-ignore format: a table
  const scenarioPath = written("delays.json", { ...zoned, oneWayDelayMs: { light: delays } });
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const answer = await runPlan({ scenarioPath, seconds: 0.05, seed: 1, movesMax: 1, costs: "light", say });
  expect(answer.cost).toEqual({
    ...{ by: "light", initial: 9, planned: 1 },
    measured: { initial: 9, planned: 1 },
    // Between n0 and n2 the tree says 2 for 1 and for 3.
    treeError: { max: 1, mean: expect.closeTo((1 + 1 / 3) / 12, 12) },
  });
  expect(lines).toEqual(["costs by light: groups of near nodes are off the delays by 11 % on average, 100 % at most"]);
});

test("a scenario with rules is planned within them", async () => {
  const services = [
    { ...service, name: "front", replicas: 2, initial: { n0: 1, n1: 1 }, spread: [{ domains: "zone", skewMax: 1 }] },
    { ...service, name: "back", initial: { n2: 1 }, apart: [{ domains: "zone", service: "rival" }] },
    { ...service, name: "rival", initial: { n3: 1 } },
  ];
  const scenarioPath = written("ruled.json", { ...zoned, services, domains: { zone: ["1", "2", "1", "2"] } });
  expect(await runPlan({ scenarioPath, seconds: 0.05, seed: 1 })).toMatchObject({ violations: [] });
  const broken = services.map((each) => (each.name === "rival" ? { ...each, initial: { n0: 1 } } : each));
  const brokenPath = written("broken.json", { ...zoned, services: broken, domains: { zone: ["1", "2", "1", "2"] } });
  expect(await runPlan({ scenarioPath: brokenPath, seconds: 0.05, seed: 1 })).toMatchObject({
    violations: [],
    initialViolations: [{ kind: "capacity" }, { kind: "apart", service: "back", other: "rival", nodes: ["n0", "n2"] }],
  });
});

test("costs that the file has not are refused with those that it has", async () => {
  const asked = { scenarioPath: written("none-such.json", zoned), seconds: 0.05, seed: 1 };
  await expect(runPlan({ ...asked, costs: "heavy" })).rejects.toMatchObject({
    code: "config-invalid",
    message: "--costs: the scenario has no delays of the label heavy; there are: localities",
  });
  const unplaced = written("unplaced.json", small);
  await expect(runPlan({ ...asked, scenarioPath: unplaced, costs: "localities" })).rejects.toMatchObject({
    code: "config-invalid",
    message: expect.stringMatching(/no node says/),
  });
});

test("a table of more nodes than a plan can take is refused with the number", () => {
  const delays = Array.from({ length: 2001 }, () => []);
  const distances = { places: [], localityCosts: undefined, oneWayDelayMs: new Map([["wide", delays]]) };
  expect(() => planCosts("wide", distances)).toThrow(/^oneWayDelayMs.wide: 2001 nodes, more than the 2000/);
});

test("a file of 100 MB is refused before it is read", async () => {
  const scenarioPath = written("huge.json", JSON.stringify(small));
  truncateSync(scenarioPath, 100 * 1024 * 1024);
  await expect(runPlan({ scenarioPath, seconds: 0.05, seed: 1 })).rejects.toMatchObject({
    code: "scenario-invalid",
    message: expect.stringMatching(/huge\.json: 104857600 bytes, more than 67108864/),
  });
});

const three = { ...service, cpu: 2, initial: {} };
const refused = [
  { name: "a file that is not there", content: undefined, message: /none\.json: ENOENT/ },
  { name: "a file that is not JSON", content: "{", message: /JSON/ },
  { name: "a wrong field", content: { ...small, nodes: [] }, message: /: nodes: / },
  {
    name: "a replica without room",
    content: {
      ...small,
      nodes: ["a", "b"].map((name) => ({ name, cpu: 3, memory: 0 })),
      services: ["x", "y", "z"].map((name) => ({ ...three, name })),
      traffic: [],
    },
    message: /service z: no room for a replica, which needs 2 cpu and 0 memory/,
  },
];

test.each(refused)("$name is refused with the reason", async ({ content, message }) => {
  const scenarioPath = content === undefined ? path.join(folder, "none.json") : written("refused.json", content);
  const refusal = runPlan({ scenarioPath, seconds: 0.05, seed: 1 });
  await expect(refusal).rejects.toMatchObject({ code: "scenario-invalid", message: expect.stringMatching(message) });
});
