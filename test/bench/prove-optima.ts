/**
 * Proves the optima of the random scenarios again, and compares them with test/data/random-scenario-optima.json; with `--write`
 * the file is written anew. `npm run bench:optima [-- --write] [-- 1 2 60]`
 */
import { readFileSync, writeFileSync } from "node:fs";
import { checkPlacement } from "../../scheduler/placement/search/check-placement.ts";
import { randomScenario } from "../builders/random-scenario.ts";
import { loadSolver, optimalPlacement } from "./optimum/optimal-placement.ts";

const FILE = "test/data/random-scenario-optima.json";
const SECONDS_MAX = 3600;
/** What the solver's tolerances leave open. */
const TOLERANCE = 1e-6;

const solver = await loadSolver();
const stored: Readonly<Record<string, number>> = JSON.parse(readFileSync(FILE, "utf8"));
const seeds = process.argv.slice(2).filter((argument) => argument !== "--write");
const proven: Record<string, number> = {};
let differing = 0;
for (const seed of seeds.length > 0 ? seeds : Object.keys(stored)) {
  const startMs = performance.now();
  const optimum = optimumOf(Number(seed));
  const isEqual = Math.abs(optimum - (stored[seed] ?? Number.NaN)) <= TOLERANCE;
  if (!isEqual) differing += 1;
  proven[seed] = Number(optimum.toFixed(12));
  const verdict = isEqual ? "as stored" : `stored: ${stored[seed]}`;
  console.log(
    `seed ${seed}: ${optimum.toFixed(12)} in ${((performance.now() - startMs) / 1000).toFixed(1)} s, ${verdict}`,
  );
}
if (process.argv.includes("--write")) writeFileSync(FILE, JSON.stringify({ ...stored, ...proven }, null, 1));
else if (differing > 0) process.exitCode = 1;

/** Gained affinity of a placement that nothing beats. */
function optimumOf(seed: number): number {
  const scenario = randomScenario(seed);
  const { gainedAffinity, violations } = checkPlacement(scenario, optimalPlacement(scenario, solver, SECONDS_MAX));
  if (violations.length > 0) throw new Error(`${scenario.name}: ${JSON.stringify(violations)}`);
  return gainedAffinity;
}
