/** Which conditions a chain's status has, and what they say. */
import type {
  FunctionOutage,
  PathLatency,
  Prediction,
  ServiceFunctionChain,
  ServiceFunctionPath,
} from "../../core/model/chain.ts";
import { type Condition, rfc3339 } from "../../core/model/condition.ts";
import type { Outlook } from "./choose-renderings.ts";
import type { ChainFinding } from "./examine-chain.ts";
import { outageText } from "./function-outages.ts";
import type { ChainPaths } from "./path-lifecycle.ts";
import type { Refusals } from "./rollback/refusals.ts";

export interface StatusInput {
  readonly chain: ServiceFunctionChain;
  readonly finding: ChainFinding;
  readonly paths: Pick<ChainPaths, "active" | "pending">;
  /** Of the active path with the demand as it is now; what it was made with unless given. */
  readonly outlook?: Outlook | undefined;
  /** Longest way that the active path's weights use, processing included; undefined where nobody asks. */
  readonly slowestWayMs?: number | undefined;
  /** What was timed of the active path; undefined where nothing was. */
  readonly latency?: PathLatency | undefined;
  /** The same way with what functions were measured to take; undefined where none was. */
  readonly measuredWayMs?: number | undefined;
  /** Which chains want the same traffic; undefined where none does. */
  readonly conflict?: string | undefined;
  /** What was taken back lately; nothing unless given. */
  readonly refusals?: Refusals | undefined;
  /** Which solver split the chains, and how far from the optimum that is at most. */
  readonly proof?: string | undefined;
}

export type NewCondition = Omit<Condition, "lastTransitionTime" | "observedGeneration">;

/** Those that say something: others are absent. */
export function chainConditions(input: StatusInput, outages: readonly FunctionOutage[]): readonly NewCondition[] {
  return [
    accepted(input.finding),
    programmed(input),
    ...withinBudget(input),
    ...conflicted(input),
    ...rolledBack(input),
    ...degraded(outages),
  ];
}

/** Of the active path, with the demand as it is now. */
export function predictionOf(active: ServiceFunctionPath, { outlook }: StatusInput): Prediction {
  return outlook?.prediction ?? active.prediction;
}

function accepted(finding: ChainFinding): NewCondition {
  if (finding.kind === "rejected")
    return { type: "Accepted", status: "False", reason: finding.reason, message: finding.message };
  return {
    type: "Accepted",
    status: "True",
    reason: "Accepted",
    message: "every function, the Service and its port exist",
  };
}

function programmed(input: StatusInput): NewCondition {
  const { chain, finding, paths, proof } = input;
  const not = (reason: string, message: string): NewCondition => ({
    type: "Programmed",
    status: "False",
    reason,
    message: `${message}${staying(paths.active)}`,
  });
  switch (finding.kind) {
    case "rejected":
      return not("NotAccepted", "the chain is not accepted");
    case "idle":
      return not(finding.reason, finding.message);
    case "blocked":
      return not("NoInstances", `${finding.message}: its traffic is stopped`);
    case "runnable": {
      const { active } = paths;
      const isOfBefore = active?.chainGeneration !== chain.generation;
      if (isOfBefore && rolledBack(input).length > 0)
        return not("RolledBack", "the path of this generation was taken back");
      if (isOfBefore) return not("Pending", "a path is on its way to the proxies");
      const words = [
        sentence(active, input),
        ...bypasses(finding.without.bypassed),
        ...(proof === undefined ? [] : [proof]),
      ];
      return { type: "Programmed", status: "True", reason: "Programmed", message: words.join("; ") };
    }
  }
}

function withinBudget(input: StatusInput): readonly NewCondition[] {
  const { chain, paths, slowestWayMs, measuredWayMs = 0 } = input;
  if (chain.latencyBudgetMs === undefined || !paths.active || slowestWayMs === undefined) return [];
  const isWithin = Math.max(slowestWayMs, measuredWayMs) <= chain.latencyBudgetMs;
  const tooSlow = slowestWayMs > chain.latencyBudgetMs ? "TooSlow" : "MeasuredTooSlow";
  const measured =
    input.measuredWayMs === undefined
      ? ""
      : `, and ${input.measuredWayMs.toFixed(2)} ms with what functions were measured to take`;
  const message = `the slowest way in use takes ${slowestWayMs.toFixed(2)} ms of ${chain.latencyBudgetMs} ms${measured}`;
  const status = isWithin ? "True" : "False";
  return [{ type: "WithinLatencyBudget", status, reason: isWithin ? "WithinBudget" : tooSlow, message }];
}

function conflicted({ conflict }: StatusInput): readonly NewCondition[] {
  if (conflict === undefined) return [];
  return [{ type: "Conflicted", status: "True", reason: "SamePriority", message: conflict }];
}

/** As long as the path from before the refused one takes the traffic. */
function rolledBack({ paths: { active }, refusals = [] }: StatusInput): readonly NewCondition[] {
  const newest = refusals.reduce((a, b) => (a && a.spi > b.spi ? a : b), refusals[0]);
  if (!newest || !active || active.spi >= newest.spi) return [];
  const { spi, untilMs } = newest;
  const message = `the path with SPI ${spi} was taken back: ${newest.message}; it is not tried again before ${rfc3339(untilMs)}`;
  return [{ type: "RolledBack", status: "True", reason: "ErrorsRose", message }];
}

function degraded(outages: readonly FunctionOutage[]): readonly NewCondition[] {
  const [first] = outages;
  if (!first) return [];
  const isBlocking = outages.some(({ effect }) => effect === "Blocking");
  const reason = isBlocking ? "FunctionBlocking" : "FunctionBypassed";
  return [{ type: "Degraded", status: "True", reason, message: outages.map(outageText).join("; ") }];
}

function sentence(active: ServiceFunctionPath, input: StatusInput): string {
  const fullest = input.outlook?.bottleneck ?? "the fullest link or instance";
  return `the path with SPI ${active.spi} is active: ${fullest} ${quality(predictionOf(active, input))}`;
}

/** In percent, since nobody reads 0.4271 of a link. */
function quality({ maxUtilisation, lowerBound }: Prediction): string {
  const percent = (part: number) => `${(part * 100).toFixed(1)} %`;
  return `is the fullest at ${percent(maxUtilisation)}, at best ${percent(lowerBound)}`;
}

function bypasses(names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [`${names.join(", ")} bypassed for want of an instance`];
}

function staying(active: ServiceFunctionPath | undefined): string {
  return active ? `; the path with SPI ${active.spi} of generation ${active.chainGeneration} stays` : "";
}
