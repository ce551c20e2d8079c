/** What a chain's status says, from what was found and done. */
import type {
  FunctionOutage,
  Measurement,
  PathLatency,
  Prediction,
  ServiceFunctionChain,
  ServiceFunctionPath,
} from "../../core/model/chain.ts";
import { type Condition, rfc3339, withCondition } from "../../core/model/condition.ts";
import type { ChainStatus } from "../../core/ports/chain-writer.ts";
import type { Outlook } from "./choose-renderings.ts";
import type { ChainFinding } from "./examine-chain.ts";
import { functionOutages, outageText } from "./function-outages.ts";
import type { ChainPaths } from "./path-lifecycle.ts";
import type { Refusals } from "./refusals.ts";

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

type NewCondition = Omit<Condition, "lastTransitionTime" | "observedGeneration">;

/** The status that follows `before`; times of transition move only where a condition's status does. */
export function nextStatus(before: ChainStatus | undefined, input: StatusInput, nowMs: number): ChainStatus {
  const { generation: observedGeneration } = input.chain;
  const outages = functionOutages(before?.outages ?? [], input.finding, nowMs);
  const next = [
    accepted(input.finding),
    programmed(input),
    ...withinBudget(input),
    ...conflicted(input),
    ...rolledBack(input),
    ...degraded(outages),
  ];
  const types = new Set(next.map(({ type }) => type));
  const conditions = next.reduce<readonly Condition[]>(
    (all, condition) => withCondition(all, { ...condition, observedGeneration }, nowMs),
    (before?.conditions ?? []).filter(({ type }) => types.has(type)),
  );
  const { active } = input.paths;
  const prediction = active && predictionOf(active, input);
  const measured = active && measurementOf(input);
  const lists = { outages: someOf(outages), refused: someOf(input.refusals) };
  return { observedGeneration, conditions, spi: active?.spi, prediction, measured, ...lists };
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

function predictionOf(active: ServiceFunctionPath, { outlook }: StatusInput): Prediction {
  return outlook?.prediction ?? active.prediction;
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

function measurementOf({ outlook, latency }: StatusInput): Measurement | undefined {
  return outlook?.measured && (latency ? { ...outlook.measured, latency } : outlook.measured);
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

function someOf<T>(list: readonly T[] = []): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
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
