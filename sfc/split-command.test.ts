import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { runSplit, type SplitAnswerFile } from "./split-command.ts";

const folder = mkdtempSync(path.join(tmpdir(), "weft-split-"));
const outPath = path.join(folder, "answer.json");
afterAll(() => rmSync(folder, { recursive: true }));

describe("the leaf-spine network with 40 chains", () => {
  const networkPath = "test/data/leaf-spine-100.json";
  /** Of the linear program, by another solver. */
  const optimum = 0.8916715624999998;

  test("is split within 1 % of the known optimum, which the certificate proves", async () => {
    const answer = await runSplit({ networkPath, outPath, solver: "exact" });
    expect(answer.maxUtilisation / optimum).toBeGreaterThan(1 - 1e-6);
    expect(answer.maxUtilisation / optimum).toBeLessThan(1.01 + 1e-6);
    expect(answer.lowerBound / optimum).toBeCloseTo(1, 6);
    expect(answer.lowerBound).toBeLessThanOrEqual(optimum);
    expect(JSON.parse(readFileSync(outPath, "utf8"))).toEqual(answer);
    expect(Object.keys(answer.chains)).toHaveLength(40);
    for (const ways of Object.values(answer.chains))
      expect(sum(ways.map(({ fraction }) => fraction))).toBeCloseTo(1, 9);
    expect([...new Set(rowSums(answer))]).toEqual([10_000]);
  });

  test("is split by the gradient solver unless told, within 1 % of the optimum and of its own bound", async () => {
    const answer = await runSplit({ networkPath, outPath });
    expect(answer.solver).toBe("gradient");
    expect(answer.lowerBound).toBeLessThanOrEqual(optimum);
    expect(answer.maxUtilisation / answer.lowerBound).toBeLessThan(1.01);
  });

  test.each([
    { weightSum: 10_000, loss: 0.01 },
    { weightSum: 100, loss: 0.02 },
  ])("loses less than $loss by rounding to weights of $weightSum", async ({ weightSum, loss }) => {
    const answer = await runSplit({ networkPath, outPath, weightSum });
    expect([...new Set(rowSums(answer))]).toEqual([weightSum]);
    expect(answer.weightsUtilisation / answer.maxUtilisation - 1).toBeLessThan(loss);
  });

  test("is answered by a valid split when time is up at once, with a bound that holds", async () => {
    const answer = await runSplit({ networkPath, outPath, millisecondsMax: 0 });
    expect(answer.lowerBound).toBeLessThanOrEqual(optimum);
    expect(answer.maxUtilisation).toBeGreaterThanOrEqual(optimum * (1 - 1e-9));
    expect(answer.maxUtilisation).toBeLessThan(2 * optimum);
  });

  test.each([
    { solver: "round-robin", ratio: 2.0 },
    { solver: "capacity-weighted", ratio: 1.05 },
  ] as const)("has a $solver split $ratio times as full as the optimum", async ({ solver, ratio }) => {
    const answer = await runSplit({ networkPath, outPath, solver });
    expect(answer.maxUtilisation / optimum).toBeCloseTo(ratio, 2);
    expect(answer.lowerBound).toBeLessThanOrEqual(optimum);
    expect(answer.lowerBound).toBeGreaterThan(0.9 * optimum);
  });

  test("is refused by the exact solver where fewer variables are allowed", async () => {
    const refused = runSplit({ networkPath, outPath, solver: "exact", variablesMax: 1000 });
    await expect(refused).rejects.toMatchObject({ code: "solver-failed", message: /1616 variables/ });
  });
});

/** a - (b | c) - d: two ways of the same latency, one three times as wide. */
const pair = {
  name: "pair",
  routing: "ecmp",
  nodes: ["a", "b", "c", "d"],
  links: ["b", "c"].flatMap((via) => {
    const capacity = via === "b" ? 1 : 3;
    return [
      { from: "a", to: via, capacity, latencyMs: 1 },
      { from: via, to: "d", capacity, latencyMs: 1 },
    ];
  }),
  functions: {},
  chains: [{ name: "c", source: "a", destination: "d", functions: [], scaling: [], demand: 2 }],
};

test.each([
  { routing: "ecmp", hasRoutes: false },
  { routing: "free", hasRoutes: true },
] as const)(
  "with routing $routing the answer has routes: $hasRoutes, and says what is fullest",
  async ({ routing, hasRoutes }) => {
    const networkPath = path.join(folder, `${routing}.json`);
    writeFileSync(networkPath, JSON.stringify({ ...pair, routing }));
    const answer = await runSplit({ networkPath, outPath });
    expect(answer.routes !== undefined).toBe(hasRoutes);
    expect(answer.bottleneck).toMatch(/^link [ab] -> [bcd]$/);
    // Of two ways of 1 and 3 ECMP takes halves, and a free choice a quarter and three quarters.
    expect(answer.maxUtilisation).toBeCloseTo(routing === "free" ? 0.5 : 1, 1);
    expect(JSON.parse(readFileSync(outPath, "utf8"))).toEqual(answer);
  },
);

test("chosen routes given back as a matrix come to the same", async () => {
  const networkPath = path.join(folder, "free.json");
  writeFileSync(networkPath, JSON.stringify({ ...pair, routing: "free" }));
  const free = await runSplit({ networkPath, outPath });
  writeFileSync(networkPath, JSON.stringify({ ...pair, routing: "matrix", routes: free.routes }));
  const matrix = await runSplit({ networkPath, outPath });
  expect(matrix.maxUtilisation).toBeCloseTo(free.maxUtilisation, 6);
});

const node = { name: "n", routing: "ecmp", nodes: ["a", "b"], links: [], functions: {} };
const chain = { name: "c", source: "a", destination: "b", functions: [], scaling: [], demand: 1 };

const wrong = [
  { name: "text that is no JSON", text: "{", message: /network.json: / },
  { name: "a wrong field", text: JSON.stringify({ ...node, nodes: "a" }), message: /network.json: nodes: / },
  {
    name: "a latency limit that no way keeps",
    text: JSON.stringify({ ...pair, chains: [{ ...pair.chains[0], latencyMsMax: 1.5 }] }),
    message: /chain c: latencyMsMax: the shortest way from a takes 2 ms, of which the hop from a to d takes 2 ms/,
  },
  {
    name: "a chain that no way leads along",
    text: JSON.stringify({ ...node, chains: [chain] }),
    message: /chain c: no way leads from a/,
  },
];

test.each(wrong)("$name is refused and no answer written", async ({ text, message }) => {
  const networkPath = path.join(folder, "network.json");
  const nowhere = path.join(folder, "never.json");
  writeFileSync(networkPath, text);
  await expect(runSplit({ networkPath, outPath: nowhere })).rejects.toMatchObject({ code: "network-invalid", message });
  expect(() => readFileSync(nowhere)).toThrow(/ENOENT/);
});

function rowSums({ weights }: SplitAnswerFile): readonly number[] {
  const tables = Object.values(weights).flat();
  return tables.flatMap((table) => Object.values(table).map((row) => sum(Object.values(row))));
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
