/**
 * The placement search against the published greedy score in the same process, on one core, and against what is known of each
 * scenario. Writes docs/benchmarks/placement.md when everything ran. `npm run bench:placement [-- bytedance social random planted localities]`
 */
import { readFileSync } from "node:fs";
import os from "node:os";
import type { PlacementScenario } from "../../core/model/placement-scenario.ts";
import { checkPlacement } from "../../scheduler/placement/search/check-placement.ts";
import type { PlanAnswer } from "../../scheduler/plan/plan-answer.ts";
import { plantedScenario } from "../builders/planted-scenario.ts";
import { randomScenario } from "../builders/random-scenario.ts";
import { localities } from "./placement-localities.ts";
import { PlacementReport } from "./placement-report.ts";
import { greedyOf, initialOf, percent, planned, scenarioFrom, share } from "./placement-runs.ts";

const report = new PlacementReport();
let curve: PlanAnswer["curve"] = [];

const parts: Readonly<Record<string, () => void>> = {
  bytedance,
  social,
  random,
  planted,
  localities: () => localities(report),
};
const asked = process.argv.slice(2);
report.say(
  `${os.cpus()[0]?.model ?? "unknown CPU"}, ${os.cpus().length} cores of which one is used, Node ${process.version}`,
);
for (const [name, run] of Object.entries(parts)) if (asked.length === 0 || asked.includes(name)) run();
if (asked.length === 0) report.writeWith(curve);

function bytedance(): void {
  const scenario = scenarioFrom("bytedance-m3");
  report.heading("bytedance-m3: gained affinity", ["", "gained affinity", "moves"]);
  report.row("as it stands", share(checkPlacement(scenario, initialOf(scenario)).gainedAffinity), "0");
  greedyRows(scenario);
  report.row("RASA, as published (Gurobi and learning)", "0.8495", "");
  for (const seconds of [5, 30])
    for (const seed of [1, 2, 3, 4, 5]) {
      const answer = planned(scenario, seconds, seed);
      report.row(`search, ${seconds} s, seed ${seed}`, share(answer.gainedAffinity), String(answer.moves));
      curve = answer.curve;
    }
  report.heading("bytedance-m3: what moves buy (30 s, seed 5)", ["moves allowed", "gained affinity"]);
  for (const point of curve) report.row(String(point.moves), share(point.gainedAffinity));
}

function social(): void {
  const scenario = scenarioFrom("social-network-9x4");
  report.heading("social-network-9x4: share of bytes between nodes", ["", "share", "seeds"]);
  greedyRows(scenario, (gained) => 1 - gained);
  report.row("proven optimum", "0.2818", "");
  const shares = Array.from({ length: 20 }, (_, seed) => 1 - planned(scenario, 1, seed).gainedAffinity);
  report.row("search, 1 s, worst", share(Math.max(...shares)), "20");
  report.row("search, 1 s, best", share(Math.min(...shares)), "20");
}

/** Gaps to the optimum that a mixed-integer solver has proven. */
function random(): void {
  const optima: Record<string, number> = JSON.parse(readFileSync("test/data/random-scenario-optima.json", "utf8"));
  const gaps = { search: [] as number[], greedy: [] as number[] };
  for (const [seed, optimum] of Object.entries(optima)) {
    const scenario = randomScenario(Number(seed));
    gaps.search.push(1 - planned(scenario, 1, 1).gainedAffinity / optimum);
    gaps.greedy.push(1 - greedyOf(scenario, true).gained / optimum);
  }
  report.heading("random scenarios of up to 25 services: below the proven optimum", ["", "mean", "worst", "scenarios"]);
  for (const [name, all] of Object.entries({
    "netmarks, heaviest pairs first": gaps.greedy,
    "search, 1 s": gaps.search,
  })) {
    const mean = all.reduce((sum, gap) => sum + gap, 0) / all.length;
    report.row(name, percent(mean), percent(Math.max(...all)), String(all.length));
  }
}

function planted(): void {
  const columns = ["", "netmarks, heaviest pairs first", "search", "largest memory so far, MB"];
  report.heading("planted scenarios: part of the hidden placement's gained affinity", columns);
  for (const { pods, seconds, seeds, fills } of [
    { pods: 500, seconds: 5, seeds: [1, 2, 3], fills: [0.9, 0.95, 0.98] },
    { pods: 2000, seconds: 10, seeds: [1, 2, 3], fills: [0.9] },
    { pods: 10_000, seconds: 60, seeds: [1], fills: [0.9] },
  ])
    for (const seed of seeds)
      for (const fill of fills) {
        const { scenario, hidden } = plantedScenario({ seed, pods, noise: 0.1, fill });
        const value = checkPlacement(scenario, hidden).gainedAffinity;
        const greedy = greedyOf(scenario, true);
        const found = planned(scenario, seconds, seed).gainedAffinity;
        const memoryMegabytes = Math.round(process.resourceUsage().maxRSS / 1000);
        const name = `${pods} pods, nodes ${100 * fill} % full, ${seconds} s, seed ${seed}`;
        const pending = greedy.pending > 0 ? `, ${greedy.pending} pods pending` : "";
        report.row(name, share(greedy.gained / value) + pending, share(found / value), String(memoryMegabytes));
      }
}

function greedyRows(scenario: PlacementScenario, figure = (gained: number) => gained): void {
  for (const isHeaviestFirst of [false, true]) {
    const { gained, pending } = greedyOf(scenario, isHeaviestFirst);
    const name = `netmarks, ${isHeaviestFirst ? "heaviest pairs first" : "in the file's order"}`;
    report.row(name, share(figure(gained)), pending > 0 ? `${pending} pods pending` : "");
  }
}
