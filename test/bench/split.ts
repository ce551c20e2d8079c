/**
 * The split solvers against each other in one process: what they reach beside the optimum of the linear program, what of it is
 * proved, how long they take, and where each stops being of use. Writes docs/benchmarks/split.md when everything ran.
 * `npm run bench:split [-- large warm small latency free limits]`
 */
import { readFileSync } from "node:fs";
import os from "node:os";
import type { NetworkChain, SplitNetwork } from "../../core/model/split-network.ts";
import { parseSplitNetwork } from "../../platform/schema/split-network.ts";
import { exactSplit } from "../../sfc/solver/exact/exact-split.ts";
import { variablesOf } from "../../sfc/solver/exact/split-program.ts";
import { loadHighs } from "../../sfc/solver/exact/with-highs.ts";
import { gradientSplit } from "../../sfc/solver/gradient/gradient-split.ts";
import { solverNamed } from "../../sfc/solver/solvers.ts";
import { type SplitProblem, type SplitSolver, splitProblemOf } from "../../sfc/solver/split-problem.ts";
import { utilisationOf } from "../../sfc/solver/utilisation.ts";
import { leafSpineNetwork, leafSpineTenfold, leafSpineTimes } from "../builders/leaf-spine-network.ts";
import { randomNetwork } from "../builders/random-network.ts";
import { BenchReport } from "./bench-report.ts";
import { gapOf, type MeasuredSplit, measuredSplit, problemOf, roundingLoss } from "./split/measured-split.ts";

const SIBLINGS = Array.from({ length: 20 }, (_, index) => index + 1);
const SECONDS_MAX = 120;
/** When a library took longer than this, larger programs are not tried: the next may take a hundred times as long. */
const JSLP_PATIENCE_MS = 5000;
const HIGHS_PATIENCE_MS = 30_000;

const report = new BenchReport();
const highs = await loadHighs();
const baselines = ["capacity-weighted", "round-robin", "nearest"] as const;
const gradient: SplitSolver = (problem, options) => gradientSplit(problem, {}, options);
const byHighs = exactBy({ highs, jslpVariablesMax: 0 });
const byJslp = exactBy({});
/** What is compiled on the first run should not count against the first network. */
for (const solve of [gradient, byHighs, byJslp])
  measuredSplit(problemOf(leafSpineNetwork(0, leafSpineTimes(0.5))), solve);

const parts: Readonly<Record<string, () => void>> = { large, warm, small, latency, free, limits };
const asked = process.argv.slice(2);
report.say(
  `${os.cpus()[0]?.model ?? "unknown CPU"}, ${os.cpus().length} cores of which one is used, Node ${process.version}`,
);
for (const [name, run] of Object.entries(parts)) if (asked.length === 0 || asked.includes(name)) run();
if (asked.length === 0)
  report.write("split", "Splits", [
    "By `npm run bench:split`. Utilisations are of the fullest link or instance; a gap is how far a split is above its own lower bound at most.",
    "Times are the solver's alone, certificate and check not included. Every split was recomputed by the checker.",
  ]);

/** First, so that the memory is this part's. */
function large(): void {
  report.heading("440 nodes, 400 chains, 40 instances for each function", [
    "network",
    "variables",
    "problem built in",
    "gradient",
    "gap",
    ...baselines.map((name) => `${name} beside the bound`),
    "rounded to 10,000",
    "to 100",
    "largest memory so far",
  ]);
  for (const seed of [1, 2, 3]) {
    const network = leafSpineNetwork(seed, leafSpineTenfold);
    const startedMs = performance.now();
    const problem = problemOf(network);
    const builtMs = performance.now() - startedMs;
    const split = required(problem, gradient);
    report.row(
      network.name,
      String(variablesOf(problem)),
      milliseconds(builtMs),
      milliseconds(split.milliseconds),
      percent(gapOf(split)),
      ...baselineRatios(problem, split.lowerBound),
      percent(roundingLoss(problem, split, 10_000)),
      percent(roundingLoss(problem, split, 100)),
      `${Math.round(process.resourceUsage().maxRSS / 1000)} MB`,
    );
  }
}

function warm(): void {
  report.heading("the same after one chain's demand has changed: from the split before, and afresh", [
    "change",
    "afresh",
    "gap",
    "warm",
    "gap",
    "warm is faster by",
  ]);
  const network = leafSpineNetwork(1, leafSpineTenfold);
  const problem = problemOf(network);
  const before = required(problem, gradient);
  const earlier = { ...before, problem };
  for (const [chain, factor] of [
    [7, 1.5],
    [7, 0.5],
    [123, 2],
    [250, 0.1],
    [399, 1.2],
  ] as const) {
    const changed = problemOf(withDemand(network, chain, factor));
    const afresh = required(changed, gradient);
    const resumed = required(changed, gradient, { earlier });
    report.row(
      `chain ${chain} times ${factor}`,
      milliseconds(afresh.milliseconds),
      percent(gapOf(afresh)),
      milliseconds(resumed.milliseconds),
      percent(gapOf(resumed)),
      (afresh.milliseconds / resumed.milliseconds).toFixed(1),
    );
  }
}

function small(): void {
  report.heading("44 nodes, 40 chains: beside the optimum of the linear program", [
    "network",
    "optimum",
    "HiGHS",
    "gradient",
    "beside the optimum",
    "own gap",
    "delay beside HiGHS'",
    ...baselines,
    "rounded to 10,000",
    "to 100",
  ]);
  for (const network of [leafSpineFile(), ...SIBLINGS.map((seed) => leafSpineNetwork(seed))]) {
    const problem = problemOf(network);
    const exact = required(problem, byHighs);
    const split = required(problem, gradient);
    report.row(
      network.name,
      exact.lowerBound.toFixed(4),
      milliseconds(exact.milliseconds),
      milliseconds(split.milliseconds),
      (split.utilisation.max / exact.lowerBound).toFixed(4),
      percent(gapOf(split)),
      (split.utilisation.amountTimesDelay / exact.utilisation.amountTimesDelay).toFixed(3),
      ...baselineRatios(problem, exact.lowerBound),
      percent(roundingLoss(problem, split, 10_000)),
      percent(roundingLoss(problem, split, 100)),
    );
  }
}

/** Limits as so many times what each chain's shortest way takes. */
function latency(): void {
  const columns = ["limits", "networks", "within 1.1 % of the bound", "worst gap", "beside no limits, worst"];
  report.heading("44 nodes with a latency limit for every chain", columns);
  for (const factor of [1, 1.25, 1.5, 2]) {
    const rows = SIBLINGS.map((seed) => {
      const network = leafSpineNetwork(seed);
      const unlimited = required(problemOf(network), gradient).utilisation.max;
      const split = required(problemOf(withLimits(network, factor)), gradient);
      return { gap: gapOf(split), cost: split.utilisation.max / unlimited };
    });
    report.row(
      `${factor} times the shortest way`,
      String(rows.length),
      String(rows.filter(({ gap }) => gap <= 0.011).length),
      percent(Math.max(...rows.map(({ gap }) => gap))),
      Math.max(...rows.map(({ cost }) => cost)).toFixed(2),
    );
  }
}

/** On rings with chords, where the shortest ways are not the only ones. */
function free(): void {
  const columns = ["networks", "optimum beside ECMP's", "best", "gradient beside the optimum, worst", "own gap, worst"];
  report.heading("routing: free, on small random networks", columns);
  const rows = Array.from({ length: 60 }, (_, seed) => {
    const network = randomNetwork(seed);
    const ecmp = required(problemOf(network), byHighs);
    const problem = problemOf({ ...network, routing: { kind: "free" } });
    const split = required(problem, gradient);
    const optimum = required(problem, byHighs).lowerBound;
    return { gain: optimum / ecmp.lowerBound, ratio: split.utilisation.max / optimum, gap: gapOf(split) };
  });
  const mean = rows.reduce((sum, { gain }) => sum + gain, 0) / rows.length;
  report.row(
    String(rows.length),
    mean.toFixed(3),
    Math.min(...rows.map(({ gain }) => gain)).toFixed(3),
    Math.max(...rows.map(({ ratio }) => ratio)).toFixed(4),
    percent(Math.max(...rows.map(({ gap }) => gap))),
  );
}

/** Last, since a library that is beyond its limits leaves the memory in a state. */
function limits(): void {
  const columns = ["size", "variables", "javascript-lp-solver", "HiGHS", "gradient", "gradient beside HiGHS"];
  report.heading("where each stops being of use", columns);
  const tired = new Set<SplitSolver>();
  for (const factor of [0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 2.5, 3, 4]) {
    const problem = problemOf(leafSpineNetwork(1, leafSpineTimes(factor)));
    const patient = (solve: SplitSolver, patienceMs: number) => {
      if (tired.has(solve)) return undefined;
      const startedMs = performance.now();
      const split = measuredSplit(problem, solve);
      if (performance.now() - startedMs > patienceMs) tired.add(solve);
      return split;
    };
    const [jslp, exact] = [patient(byJslp, JSLP_PATIENCE_MS), patient(byHighs, HIGHS_PATIENCE_MS)];
    const split = required(problem, gradient);
    report.row(
      `${factor} times 44 nodes`,
      String(variablesOf(problem)),
      jslp ? milliseconds(jslp.milliseconds) : "no answer",
      exact ? milliseconds(exact.milliseconds) : "no answer",
      milliseconds(split.milliseconds),
      exact ? (split.utilisation.max / exact.lowerBound).toFixed(4) : "",
    );
  }
}

function exactBy(options: Parameters<typeof exactSplit>[1]): SplitSolver {
  return (problem) => exactSplit(problem, { variablesMax: Infinity, secondsMax: SECONDS_MAX, ...options });
}

function required(...order: Parameters<typeof measuredSplit>): MeasuredSplit {
  const split = measuredSplit(...order);
  if (!split) throw new Error(`${order[0].network.name}: no split`);
  return split;
}

function baselineRatios(problem: SplitProblem, optimum: number): readonly string[] {
  return baselines.map((name) => {
    const answer = solverNamed(name, { variablesMax: 0 })(problem);
    // Not checked: at this size equal parts are a million ways.
    return answer.kind === "split" ? (utilisationOf(problem, answer.flows).max / optimum).toFixed(2) : "no answer";
  });
}

function withDemand(network: SplitNetwork, index: number, factor: number): SplitNetwork {
  const chains = network.chains.map((chain, position) =>
    position === index ? { ...chain, demand: chain.demand * factor } : chain,
  );
  return { ...network, chains };
}

function withLimits(network: SplitNetwork, factor: number): SplitNetwork {
  const chains = network.chains.map((chain) => ({
    ...chain,
    latencyMsMax: factor * shortestMs(network, chain) + 1e-9,
  }));
  return { ...network, chains };
}

/** A limit that nothing keeps is answered with the shortest way. */
function shortestMs(network: SplitNetwork, chain: NetworkChain): number {
  const prepared = splitProblemOf({ ...network, chains: [{ ...chain, latencyMsMax: 1e-9 }] });
  if (prepared.kind === "problem") return 0;
  return prepared.shortestWay.reduce((sum, { latencyMs }) => sum + latencyMs, 0);
}

function leafSpineFile(): SplitNetwork {
  const parsed = parseSplitNetwork(JSON.parse(readFileSync("test/data/leaf-spine-100.json", "utf8")));
  if (parsed.kind === "rejected") throw new Error(`${parsed.field}: ${parsed.reason}`);
  return parsed.value;
}

function milliseconds(value: number): string {
  return `${value.toFixed(0)} ms`;
}

function percent(part: number): string {
  return `${(100 * part).toFixed(2)} %`;
}
