import type { PlacementScenario, PlannedPlacement } from "../../core/model/placement-scenario.ts";
import { WeftError } from "../../core/model/weft-error.ts";
import { checkPlacement, type PlacementFacts, type PlacementViolation } from "../placement/search/check-placement.ts";
import { costOfPlacement } from "../placement/search/cost-of-placement.ts";
import type { PlanOutcome } from "../placement/search/plan-placement.ts";
import { measuredCost } from "./measured-cost.ts";
import type { PlanCosts } from "./plan-costs.ts";

/** What `weft plan` writes. Every figure is recomputed from the placement by names. */
export interface PlanAnswer {
  /** Replicas by service and node. */
  readonly placement: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Part of the traffic that can stay on its node, in [0, 1]. */
  readonly gainedAffinity: number;
  /** Part that stays there if replicas are chosen in turns. */
  readonly roundRobinShare: number;
  readonly initialGainedAffinity: number;
  /** Only where costs are used. */
  readonly cost?: CostFigures;
  /** Replicas that have to move. */
  readonly moves: number;
  /** Limits that the placement breaks, which the start broke too. */
  readonly violations: readonly PlacementViolation[];
  /** Limits that the start breaks; absent if none. */
  readonly initialViolations?: readonly PlacementViolation[];
  readonly seed: number;
  /** How long the search took. */
  readonly seconds: number;
  /** What can be gained by how many moves, fewest first; the last is the placement itself. */
  readonly curve: readonly CurvePoint[];
}

/** What a byte costs on average; what is pending counts as farthest away. */
export interface CostFigures {
  /** `localities`, or the label of the table of delays. */
  readonly by: string;
  readonly initial: number;
  readonly planned: number;
  /** Only by a table of delays, whose groups of near nodes are what is planned by: the same split by the delays themselves. */
  readonly measured?: { readonly initial: number; readonly planned: number };
  /** How far these groups are from the delays: largest and mean of |cost - delay| / delay over ordered pairs of nodes. */
  readonly treeError?: { readonly max: number; readonly mean: number };
}

export interface CurvePoint {
  /** Allowed; of the last, made. */
  readonly moves: number;
  readonly gainedAffinity: number;
  /** Where costs are used, what a byte costs on average. */
  readonly meanCost?: number;
}

interface Circumstances {
  readonly seed: number;
  readonly seconds: number;
  readonly movesMax: number;
  /** By what the plan was made; undefined for gained affinity. */
  readonly costs?: PlanCosts | undefined;
}

type Planned = Extract<PlanOutcome, { readonly kind: "planned" }>;

/** @throws WeftError solver-failed if the plan breaks a limit that the start keeps, moves too much or gains less than the start. */
export function answerOf(
  scenario: PlacementScenario,
  plan: Planned,
  { seed, seconds, movesMax, costs }: Circumstances,
): PlanAnswer {
  const initial = checkPlacement(scenario, initialOf(scenario));
  const facts = checkPlacement(scenario, plan.placement);
  hold(facts, initial, movesMax);
  const { gainedAffinity, roundRobinShare, moves, violations } = facts;
  return {
    placement: Object.fromEntries(
      [...plan.placement].map(([service, byNode]) => [service, Object.fromEntries(byNode)]),
    ),
    gainedAffinity,
    roundRobinShare,
    initialGainedAffinity: initial.gainedAffinity,
    ...(costs ? { cost: costFigures(scenario, plan, costs) } : {}),
    moves,
    violations,
    ...(!isSound(initial) ? { initialViolations: initial.violations } : {}),
    seed,
    seconds,
    curve: curveOf(scenario, plan, facts, initial),
  };
}

function costFigures(scenario: PlacementScenario, plan: Planned, { by, tree, table }: PlanCosts): CostFigures {
  const beforeAndAfter = (of: (placement: PlannedPlacement) => number) => ({
    initial: of(initialOf(scenario)),
    planned: of(plan.placement),
  });
  const figures = { by, ...beforeAndAfter((placement) => costOfPlacement(scenario, tree, placement).meanCost) };
  if (!table) return figures;
  return {
    ...figures,
    measured: beforeAndAfter((placement) => measuredCost(scenario, tree, table.delays, placement)),
    treeError: { max: table.errorMax, mean: table.errorMean },
  };
}

function hold(facts: PlacementFacts, initial: PlacementFacts, movesMax: number): void {
  const failed = (reason: string) => new WeftError("solver-failed", `the plan ${reason}`);
  const [violation] = facts.violations;
  if (violation && isSound(initial)) throw failed(`breaks a limit: ${JSON.stringify(violation)}`);
  if (facts.moves > movesMax) throw failed(`moves ${facts.moves} replicas, of ${movesMax} that may move`);
  const isWorse = facts.saved < initial.saved - 1e-9;
  if (isWorse && isSound(initial)) throw failed("gains less than the start");
}

/** More moves never buy less: what fewer gain is open to more. */
function curveOf(
  scenario: PlacementScenario,
  plan: Planned,
  facts: PlacementFacts,
  initial: PlacementFacts,
): CurvePoint[] {
  const curve: CurvePoint[] = [];
  let best = isSound(initial) ? initial : undefined;
  for (const { movesMax, placement } of plan.fewerMoves) {
    const fewer = checkPlacement(scenario, placement);
    hold(fewer, initial, movesMax);
    if (best === undefined || fewer.saved > best.saved) best = fewer;
    curve.push(pointOf(movesMax, best));
  }
  return [...curve.filter(({ moves }) => moves < facts.moves), pointOf(facts.moves, facts)];
}

function pointOf(moves: number, { gainedAffinity, meanCost }: PlacementFacts): CurvePoint {
  return { moves, gainedAffinity, ...(meanCost === undefined ? {} : { meanCost }) };
}

/** Within all limits as far as it goes: what is pending breaks none. */
function isSound({ violations }: PlacementFacts): boolean {
  return violations.every(({ kind }) => kind === "replicas");
}

function initialOf({ services }: PlacementScenario): PlannedPlacement {
  return new Map(services.map(({ name, initial }) => [name, initial]));
}
