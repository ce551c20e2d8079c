import { type Command, InvalidArgumentError } from "commander";
import { writeJsonFile } from "../../platform/schema/json-file.ts";
import type { ClusterScenarioInput } from "../../scheduler/placement/cluster-scenario.ts";
import type { PlanProgress } from "../../scheduler/placement/search/plan-placement.ts";
import type { CostFigures, CurvePoint, PlanAnswer } from "../../scheduler/plan/plan-answer.ts";
import type { ClusterPlanAnswer } from "../../scheduler/plan/plan-cluster.ts";
import { LOCALITIES, type PlanCosts, planCosts } from "../../scheduler/plan/plan-costs.ts";
import { type PlanSearch, runPlan } from "../../scheduler/plan/run-plan.ts";
import { addKubernetesOptions, type KubernetesOptions } from "../kubernetes-connection.ts";

interface PlanFlags extends KubernetesOptions {
  readonly scenario?: string;
  readonly fromCluster?: boolean;
  readonly prometheus?: string;
  readonly observe?: number;
  readonly dump?: string;
  readonly costs?: string;
  readonly seconds: number;
  readonly movesMax?: number;
  readonly seed: number;
  readonly out?: string;
  readonly json?: boolean;
}

const SECONDS_MAX = 24 * 60 * 60;
const OBSERVE_SECONDS = 30;
const OBSERVE_SECONDS_MAX = 60 * 60;
const PROGRESS_INTERVAL_MS = 1000;

export function addCommand(program: Command): void {
  const command = program
    .command("plan")
    .description(
      "place the services of a scenario file, or of a live cluster, where their traffic is, within capacities and a number of moves",
    )
    .option("--scenario <file>", "nodes, services and traffic, JSON")
    .option("--from-cluster", "the cluster as it is, in place of a file; nothing in it is changed")
    .option("--prometheus <url>", "of the cluster: read flows from this Prometheus instead of every proxy")
    .option(
      "--observe <seconds>",
      `of the cluster: how long to measure flows, 0 for not at all (default: ${OBSERVE_SECONDS})`,
      numberBetween(0, OBSERVE_SECONDS_MAX),
    )
    .option(
      "--dump <file>",
      "of the cluster: where its scenario goes, JSON; without --out and --json nothing else is done",
    )
    .option(
      "--costs <label>",
      "plan by what bytes cost: 'localities' for racks, zones and regions, or the label of a table of delays",
    )
    .option("--seconds <number>", "how long to search", numberBetween(0.01, SECONDS_MAX), 10)
    .option("--moves-max <number>", "most replicas that may move", wholeNumber)
    .option("--seed <number>", "another one searches other ways", wholeNumber, 1)
    .option("--out <file>", "where the answer goes, JSON")
    .option("--json", "print the answer");
  addKubernetesOptions(command).action(async (flags: PlanFlags) => {
    const complaint = contradictionIn(flags);
    if (complaint !== undefined) command.error(`error: ${complaint}`);
    const { seconds, movesMax, seed, costs } = flags;
    const search = { seconds, movesMax, seed, onProgress: progressTo(process.stderr, costs) };
    const say = (line: string) => process.stderr.write(`${line}\n`);
    const answer =
      flags.scenario === undefined
        ? await answerOfCluster(flags, search)
        : await runPlan({ ...search, costs, say, scenarioPath: flags.scenario, outPath: flags.out });
    if (answer) process.stdout.write(`${flags.json ? JSON.stringify(answer) : summaryOf(answer)}\n`);
  });
}

/** Undefined where only the scenario was wanted. */
async function answerOfCluster(flags: PlanFlags, search: PlanSearch): Promise<ClusterPlanAnswer | undefined> {
  const { clusterInput } = await import("../cluster-input.ts");
  const { planCluster } = await import("../../scheduler/plan/plan-cluster.ts");
  const input = await clusterInput({ ...flags, observeMs: (flags.observe ?? OBSERVE_SECONDS) * 1000 });
  const remarks = flags.dump === undefined ? [] : await dump(flags.dump, input);
  const isPlanned = flags.out !== undefined || flags.json;
  const answer = isPlanned ? planCluster(input, { ...search, costs: clusterCosts(flags, input) }) : undefined;
  for (const remark of answer?.remarks ?? remarks) process.stderr.write(`${remark}\n`);
  if (answer === undefined) return undefined;
  if (flags.out !== undefined) await writeJsonFile("--out", flags.out, answer);
  return answer;
}

function clusterCosts({ costs }: PlanFlags, { nodes }: ClusterScenarioInput): PlanCosts | undefined {
  if (costs === undefined) return undefined;
  const places = nodes.map(({ place }) => place);
  return planCosts(costs, { places, localityCosts: undefined, oneWayDelayMs: new Map() });
}

/** @returns what could not be expressed */
async function dump(path: string, input: ClusterScenarioInput): Promise<readonly string[]> {
  const { clusterScenario } = await import("../../scheduler/placement/cluster-scenario.ts");
  const { placementScenarioFile } = await import("../../platform/schema/placement-scenario-file.ts");
  const { scenario, remarks } = clusterScenario(input);
  const places = input.nodes.map(({ place }) => place);
  await writeJsonFile("--dump", path, placementScenarioFile(scenario, places));
  return remarks;
}

const clusterOptions = ["prometheus", "observe", "dump", "kubeconfig", "context"] as const;

function contradictionIn(flags: PlanFlags): string | undefined {
  if ((flags.scenario === undefined) === !flags.fromCluster) return "say either --scenario <file> or --from-cluster";
  const stray = clusterOptions.find((option) => flags[option] !== undefined);
  if (!flags.fromCluster && stray !== undefined) return `--${stray} goes with --from-cluster only`;
  if (flags.fromCluster && flags.costs !== undefined && flags.costs !== LOCALITIES)
    return `--costs of a cluster are '${LOCALITIES}'`;
  if (flags.observe === 0 && flags.prometheus !== undefined) return "--prometheus measures nothing with --observe 0";
  if (flags.out !== undefined || flags.json || flags.dump !== undefined) return undefined;
  return flags.fromCluster ? "say --out <file>, --json or --dump <file>" : "say --out <file>, --json or both";
}

function summaryOf(answer: PlanAnswer | ClusterPlanAnswer): string {
  const { initialGainedAffinity, gainedAffinity, moves, curve, violations, initialViolations = [], seconds } = answer;
  const lines = [
    `gained affinity ${gainedAffinity.toFixed(4)}, at first ${initialGainedAffinity.toFixed(4)}; ${moves} moves; ${seconds.toFixed(1)} s`,
    ...(answer.cost ? costLines(answer.cost) : []),
    ...("pods" in answer ? [pendingOf(answer)] : []),
    ...curve.slice(0, -1).map(boughtBy),
    ...initialViolations.map((violation) => `at first broken: ${JSON.stringify(violation)}`),
    ...violations.map((violation) => `still broken: ${JSON.stringify(violation)}`),
  ];
  return lines.join("\n");
}

function costLines({ by, initial, planned, measured }: CostFigures): readonly string[] {
  const line = (what: string, now: number, before: number) =>
    `cost of a byte by ${what} ${now.toFixed(4)}, at first ${before.toFixed(4)}`;
  if (!measured) return [line(by, planned, initial)];
  return [line(`groups of ${by}`, planned, initial), line(by, measured.planned, measured.initial)];
}

function boughtBy({ moves, gainedAffinity, meanCost }: CurvePoint): string {
  const cost = meanCost === undefined ? "" : `, a byte at ${meanCost.toFixed(4)}`;
  return `  ${moves} moves buy ${gainedAffinity.toFixed(4)}${cost}`;
}

function pendingOf({ pods, unplanned }: ClusterPlanAnswer): string {
  return `${Object.keys(pods).length} pending pods have a node, ${Object.keys(unplanned).length} are left to kube-scheduler`;
}

function progressTo(stream: NodeJS.WritableStream, costs: string | undefined): (progress: PlanProgress) => void {
  const what = costs === undefined ? "gained affinity" : "saved";
  let nextMs = performance.now() + PROGRESS_INTERVAL_MS;
  return ({ spent, gained, moved, movesMax }) => {
    if (performance.now() < nextMs) return;
    nextMs += PROGRESS_INTERVAL_MS;
    const within = movesMax === Number.POSITIVE_INFINITY ? "" : ` of ${movesMax}`;
    stream.write(`${(100 * spent).toFixed(0).padStart(3)} %  ${what} ${gained.toFixed(4)}, ${moved}${within} moves\n`);
  };
}

function numberBetween(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value >= least && value <= most))
      throw new InvalidArgumentError(`must be a number from ${least} to ${most}`);
    return value;
  };
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("must be a whole number from 0 to 999999999");
  return Number(text);
}
