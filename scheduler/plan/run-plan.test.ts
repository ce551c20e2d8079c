import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { parsePlacementScenario } from "../../platform/schema/placement-scenario.ts";
import { checkPlacement } from "../placement/search/check-placement.ts";
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
