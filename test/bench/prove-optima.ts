/**
 * Proves the optima again that `bench:placement` and the tests compare with: of the random scenarios, as
 * test/data/random-scenario-optima.json has them, and of the social network. With `--write` the file is written anew.
 * `npm run bench:optima [-- --write] [-- 1 2 60 social]`
 */
import { readFileSync, writeFileSync } from "node:fs";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { parsePlacementScenario } from "../../platform/schema/placement-scenario.ts";
import { checkPlacement } from "../../scheduler/placement/search/check-placement.ts";
import { randomScenario } from "../builders/random-scenario.ts";
import { loadSolver, optimalPlacement } from "./optimum/optimal-placement.ts";

const FILE = "test/data/random-scenario-optima.json";
const SECONDS_MAX = 3600;
/** What the solver's tolerances leave open. */
const TOLERANCE = 1e-6;
const SOCIAL = "social";
/** As published with TraDE, in four digits: the share of bytes between nodes. */
const SOCIAL_INTER_NODE_SHARE = 0.2818;

const solver = await loadSolver();
const stored: Readonly<Record<string, number>> = JSON.parse(readFileSync(FILE, "utf8"));
const asked = process.argv.slice(2).filter((argument) => argument !== "--write");
const proven: Record<string, number> = {};
let differing = 0;
for (const name of asked.length > 0 ? asked : [...Object.keys(stored), SOCIAL]) {
  const startMs = performance.now();
  const isSocial = name === SOCIAL;
  const optimum = optimumOf(isSocial ? socialNetwork() : randomScenario(Number(name)));
  const known = isSocial ? 1 - SOCIAL_INTER_NODE_SHARE : (stored[name] ?? Number.NaN);
  const isEqual = Math.abs(optimum - known) <= (isSocial ? 5e-5 : TOLERANCE);
  if (!isEqual) differing += 1;
  if (!isSocial) proven[name] = Number(optimum.toFixed(12));
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  console.log(`${name}: ${optimum.toFixed(12)} in ${seconds} s, ${isEqual ? "as known" : `known: ${known}`}`);
}
if (process.argv.includes("--write")) writeFileSync(FILE, JSON.stringify({ ...stored, ...proven }, null, 1));
else if (differing > 0) process.exitCode = 1;

/** Gained affinity of a placement that nothing beats. */
function optimumOf(scenario: PlacementScenario): number {
  const { gainedAffinity, violations } = checkPlacement(scenario, optimalPlacement(scenario, solver, SECONDS_MAX));
  if (violations.length > 0) throw new Error(`${scenario.name}: ${JSON.stringify(violations)}`);
  return gainedAffinity;
}

function socialNetwork(): PlacementScenario {
  const parsed = parsePlacementScenario(JSON.parse(readFileSync("test/data/social-network-9x4.json", "utf8")));
  if (parsed.kind === "rejected") throw new Error(`${parsed.field}: ${parsed.reason}`);
  return parsed.value;
}
