/** `weft plan`: reads a scenario, searches a placement, checks it, writes the answer. */
import type { PlacementScenario, ScenarioService } from "../../core/model/placement-scenario.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import { readJsonFile, writeJsonFile } from "../../platform/schema/json-file.ts";
import { parseScenarioFile } from "../../platform/schema/placement-scenario.ts";
import { type PlanProgress, planPlacement } from "../placement/search/plan-placement.ts";
import { answerOf, type PlanAnswer } from "./plan-answer.ts";
import { type DelayTableCosts, type PlanCosts, planCosts } from "./plan-costs.ts";

export interface PlanCommand extends Omit<PlanSearch, "costs"> {
  readonly scenarioPath: string;
  /** Plans by what bytes cost: `localities`, or the label of a table of delays; by gained affinity if absent. */
  readonly costs?: string | undefined;
  /** Takes a line about costs before the search begins. */
  readonly say?: ((line: string) => void) | undefined;
  /** No file is written if absent. */
  readonly outPath?: string | undefined;
}

export interface PlanSearch {
  /** How long to search. */
  readonly seconds: number;
  /** Most replicas that may move; any number if absent. */
  readonly movesMax?: number | undefined;
  readonly seed: number;
  /** What is made small instead of traffic between nodes. */
  readonly costs?: PlanCosts | undefined;
  readonly onProgress?: ((progress: PlanProgress) => void) | undefined;
}

/**
 * @throws WeftError scenario-invalid naming the field and the reason, or the service without room; solver-failed when the
 * search breaks what it promises; config-invalid when the file has no such costs, or the answer cannot be written.
 */
export async function runPlan(command: PlanCommand): Promise<PlanAnswer> {
  const { scenario, distances } = await readJsonFile(command.scenarioPath, parseScenarioFile, "scenario-invalid");
  const costs = command.costs === undefined ? undefined : planCosts(command.costs, distances);
  if (costs?.table) command.say?.(fitOf(costs.by, costs.table));
  const outcome = searchPlan(scenario, { ...command, costs });
  if (outcome.kind === "no-room") throw noRoom(scenario, outcome.service, command.movesMax);
  if (command.outPath !== undefined) await writeJsonFile("--out", command.outPath, outcome.answer);
  return outcome.answer;
}

export type SearchedPlan =
  | { readonly kind: "answered"; readonly answer: PlanAnswer }
  /** No room was found for a replica of this service. */
  | { readonly kind: "no-room"; readonly service: string };

/** @throws WeftError solver-failed when the search breaks what it promises */
export function searchPlan(
  uncosted: PlacementScenario,
  { seconds, seed, movesMax, costs, onProgress }: PlanSearch,
): SearchedPlan {
  const scenario = costs ? { ...uncosted, costTree: costs.tree } : uncosted;
  const startedMs = performance.now();
  const limit = { kind: "time", nowMs: () => performance.now(), millisecondsMax: seconds * 1000 } as const;
  const within = { seed, movesMax: movesMax ?? Number.POSITIVE_INFINITY };
  const plan = planPlacement(scenario, { effort: { limit }, ...within, onProgress });
  if (plan.kind === "no-room") return plan;
  const spent = (performance.now() - startedMs) / 1000;
  return { kind: "answered", answer: answerOf(scenario, plan, { ...within, seconds: spent, costs }) };
}

function fitOf(by: string, { errorMean, errorMax }: DelayTableCosts): string {
  const percent = (part: number) => `${(100 * part).toFixed(0)} %`;
  return `costs by ${by}: groups of near nodes are off the delays by ${percent(errorMean)} on average, ${percent(errorMax)} at most`;
}

function noRoom({ resources, services }: PlacementScenario, name: string, movesMax: number | undefined): WeftError {
  const service = services.find((each) => each.name === name);
  const needs = resources.map((resource, index) => `${needOf(service, index)} ${resource}`).join(" and ");
  const within = movesMax === undefined ? "" : ` within ${movesMax} moves`;
  return new WeftError(
    "scenario-invalid",
    `service ${name}: no room for a replica, which needs ${needs}, was found${within}`,
  );
}

function needOf(service: ScenarioService | undefined, resource: number): number {
  return service?.request[resource] ?? 0;
}
