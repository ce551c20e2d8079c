/** One look at the cluster carried out: paths first, then every chain's status. */
import type { ServiceFunctionPath } from "../../core/model/chain.ts";
import { forEachBounded } from "../../core/model/for-each-bounded.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import type { ChainStatus, ChainWriter } from "../../core/ports/chain-writer.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { MeshView } from "../../core/ports/cluster-view.ts";
import type { EventRecorder, ObjectEvent } from "../../core/ports/event-recorder.ts";
import type { Log } from "../../core/ports/log.ts";
import type { SfcConfig } from "../sfc-config.ts";
import type { SfcMetrics } from "../sfc-metrics.ts";
import type { HighsRuntime } from "../solver/exact/with-highs.ts";
import { chainConflicts } from "./chain-conflicts.ts";
import { actionEvent, chainEvent, statusEvents } from "./chain-events.ts";
import { nextStatus } from "./chain-status.ts";
import { clusterStateOf, objectKey } from "./cluster-state.ts";
import type { RenewalVerdict } from "./judge-renewal.ts";
import { measuredWayMs, pathLatency } from "./measured/path-latency.ts";
import type { PathTimes } from "./measured/path-times.ts";
import { type PathAction, pathsAfter, sortPaths } from "./path-lifecycle.ts";
import type { PathMemory } from "./path-memory.ts";
import { performAction } from "./perform-action.ts";
import { type ChainPlan, type PlanInput, planChains } from "./plan-chains.ts";
import type { PathWatch } from "./rollback/path-watch.ts";
import type { RecentSplits } from "./split-chains.ts";

export interface ReconcileDeps {
  readonly view: MeshView;
  readonly writer: ChainWriter;
  readonly recorder: EventRecorder;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: SfcMetrics;
  readonly config: SfcConfig;
  readonly memory: PathMemory;
  readonly watch: PathWatch;
  readonly times: PathTimes;
  readonly splits: RecentSplits;
  /** Without it javascript-lp-solver does what is exact. */
  readonly highs?: HighsRuntime | undefined;
  /** Why each chain's path changed or stayed when it was last looked at, by the chain's UID. */
  readonly verdicts: Map<string, RenewalVerdict>;
  /** The statuses as they were last read or written, by the chain's UID. */
  readonly statuses: Map<string, ChainStatus | undefined>;
  /** False once another replica may lead, or this one stops: then nothing more is written. */
  mayWrite(): boolean;
}

export interface Reconciled {
  /** A write failed: look again soon. */
  readonly hasFailed: boolean;
  /** When something is due even if nothing changes. */
  readonly wakeAtMs: number | undefined;
}

export type Measurements = Pick<PlanInput, "measured" | "measuredLatencies">;

/** Each by one write after the other; an API server answers several clients as fast as one. */
const CHAINS_WRITTEN_AT_A_TIME = 8;

export async function reconcile(deps: ReconcileDeps, measurements: Measurements): Promise<Reconciled> {
  const { view, clock, log, metrics } = deps;
  const onRefused = (reason: string) => {
    metrics.refusedSplits.inc();
    log.error("a split is wrong and not published", { reason });
  };
  const state = clusterStateOf(view);
  const plans = planChains({ ...deps, ...measurements, state, nowMs: clock.nowMs(), onRefused });
  const conflicts = chainConflicts(state);
  forgetDeleted(deps, plans);
  metrics.chains.reset();
  metrics.refusedRenderings.set(plans.reduce((sum, { refusals }) => sum + refusals.length, 0));
  for (const plan of plans) {
    metrics.chains.inc({ state: plan.finding.kind });
    noteVerdict(deps, plan);
  }
  let hasFailed = false;
  await forEachBounded(plans, CHAINS_WRITTEN_AT_A_TIME, async (plan) => {
    hasFailed = !(await carryOut(deps, plan, conflicts)) || hasFailed;
  });
  showOutages(deps, plans);
  const wakes = plans.flatMap(({ step }) => step.wakeAtMs ?? []);
  return { hasFailed, wakeAtMs: wakes.length > 0 ? Math.min(...wakes) : undefined };
}

/** @returns whether all of it could be written */
async function carryOut(
  deps: ReconcileDeps,
  plan: ChainPlan,
  conflicts: ReadonlyMap<string, string>,
): Promise<boolean> {
  const done: PathAction[] = [];
  const hasActed = await attempt(deps, plan, () => performAll(deps, plan, done));
  // What could be done is told even when the rest could not.
  const conflict = conflicts.get(objectKey(plan.chain));
  const hasTold = await attempt(deps, plan, () => tellStatus(deps, plan, { done, conflict }));
  return hasActed && hasTold;
}

function showOutages({ statuses, metrics }: ReconcileDeps, plans: readonly ChainPlan[]): void {
  metrics.outages.reset();
  for (const { chain } of plans) {
    const { namespace, name, uid } = chain;
    for (const { function: of, effect, sinceMs } of statuses.get(uid)?.outages ?? [])
      metrics.outages.set({ namespace, chain: name, function: of, effect }, sinceMs / 1000);
  }
}

/** Counted when it is another one than before: the same is found at every look. */
function noteVerdict({ verdicts, metrics }: ReconcileDeps, { chain, verdict }: ChainPlan): void {
  const isNews = verdict && verdicts.get(chain.uid)?.code !== verdict.code;
  if (isNews) metrics.renewals.inc({ verdict: verdict.kind, reason: verdict.code });
  if (verdict) verdicts.set(chain.uid, verdict);
  else verdicts.delete(chain.uid);
}

async function attempt(
  { log, mayWrite }: ReconcileDeps,
  { chain }: ChainPlan,
  write: () => Promise<void>,
): Promise<boolean> {
  try {
    if (mayWrite()) await write();
    return true;
  } catch (error) {
    log.warn("a chain could not be written", { chain: objectKey(chain), reason: messageOf(error) });
    return false;
  }
}

/** `done` takes what was carried out, also when the next one fails. */
async function performAll(
  deps: ReconcileDeps,
  { chain, step, verdict, takeBack }: ChainPlan,
  done: PathAction[],
): Promise<void> {
  for (const action of step.actions) {
    if (!deps.mayWrite()) return;
    await performAction(deps, action);
    done.push(action);
    deps.metrics.pathWrites.inc({ action: action.kind });
    deps.log.info("path written", { action: action.kind, path: objectKey(action.path), spi: action.path.spi });
    const said = actionEvent(action, verdict);
    if (said) await record(deps, chainEvent(chain, said));
  }
  if (!takeBack) return;
  const { refused, restored, reason } = takeBack;
  deps.metrics.rollbacks.inc();
  deps.log.warn("path taken back", { path: objectKey(refused), spi: refused.spi, restored: restored.spi, reason });
}

interface ToTell {
  readonly done: readonly PathAction[];
  readonly conflict: string | undefined;
}

async function tellStatus(deps: ReconcileDeps, plan: ChainPlan, { done, conflict }: ToTell): Promise<void> {
  const { writer, clock, memory, statuses } = deps;
  const { chain, finding, proof, outlook, refusals } = plan;
  if (!statuses.has(chain.uid)) statuses.set(chain.uid, await writer.readChainStatus(chain.namespace, chain.name));
  const before = statuses.get(chain.uid);
  const paths = sortPaths(pathsAfter(plan.paths, done), memory.notes, refusals);
  const latencies = paths.active && latenciesOf(deps, plan, paths.active);
  const found = { chain, finding, paths, ...latencies, conflict, proof, outlook, refusals };
  const after = nextStatus(before, found, clock.nowMs());
  if (JSON.stringify(after) === JSON.stringify(before) || !deps.mayWrite()) return;
  await writer.updateChainStatus(chain.namespace, chain.name, after);
  statuses.set(chain.uid, after);
  for (const said of statusEvents(before, after)) await record(deps, chainEvent(chain, said));
}

/** What is predicted is worked out only where there is a budget to compare it with. */
function latenciesOf({ times }: ReconcileDeps, plan: ChainPlan, active: ServiceFunctionPath) {
  const { chain, finding } = plan;
  const timing = times.of(active.spi);
  const latency = timing && pathLatency(active, timing);
  const slowestWayMs = chain.latencyBudgetMs === undefined ? undefined : plan.slowestWayMs(active);
  if (!latency || slowestWayMs === undefined || finding.kind !== "runnable") return { slowestWayMs, latency };
  return { slowestWayMs, latency, measuredWayMs: measuredWayMs(slowestWayMs, finding.functions, latency) };
}

/** An event that gets lost is no reason to do anything again. */
async function record({ recorder, log }: ReconcileDeps, event: ObjectEvent): Promise<void> {
  await recorder
    .record(event)
    .catch((error: unknown) => log.warn("an event could not be recorded", { reason: messageOf(error) }));
}

function forgetDeleted({ statuses, verdicts, memory }: ReconcileDeps, plans: readonly ChainPlan[]): void {
  const uids = new Set(plans.map(({ chain }) => chain.uid));
  for (const uid of statuses.keys()) if (!uids.has(uid)) statuses.delete(uid);
  for (const uid of memory.refusals.keys()) if (!uids.has(uid)) memory.refusals.delete(uid);
  for (const uid of verdicts.keys()) if (!uids.has(uid)) verdicts.delete(uid);
}
