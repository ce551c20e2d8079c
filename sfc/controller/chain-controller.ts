/** Looks at the cluster whenever it may have changed: one look at a time, as leader only. */
import { messageOf } from "../../core/model/weft-error.ts";
import type { ChainStatus } from "../../core/ports/chain-writer.ts";
import type { Collection } from "../../core/ports/cluster-view.ts";
import type { Leadership } from "../../core/ports/leadership.ts";
import type { Trials } from "../../core/stats/fisher-exact.ts";
import type { PathReport } from "../path-source.ts";
import type { RenewalVerdict } from "./judge-renewal.ts";
import { type MeasurementSources, startMeasuring } from "./measured/start-measuring.ts";
import { PathMemory } from "./path-memory.ts";
import { type ReconcileDeps, type Reconciled, reconcile } from "./reconcile.ts";
import { PathWatch } from "./rollback/path-watch.ts";
import { watchedChanges } from "./rollback/watched-changes.ts";
import { recentSplits } from "./split-chains.ts";

export interface ControllerDeps
  extends Omit<ReconcileDeps, "memory" | "watch" | "times" | "statuses" | "verdicts" | "splits" | "mayWrite">,
    MeasurementSources {
  readonly leadership: Pick<Leadership, "isLeader" | "subscribe">;
}

export interface ChainController {
  /** Measured demand, as of the last answer. */
  readonly demands: ReadonlyMap<string, number>;
  /** Of the path with this SPI, of late; undefined where nothing was tried on it. */
  trialsOf(spi: number): Trials | undefined;
  /** As last read or written, by the chain's UID; undefined while this replica does not lead. */
  statusOf(chainUid: string): ChainStatus | undefined;
  /** Why a chain's path changed or stayed when it was last looked at, by the chain's UID. */
  verdictOf(chainUid: string): RenewalVerdict | undefined;
  /** Ends after the write that is under way. Again is no error. */
  stop(): Promise<void>;
}

const RETRY_FACTOR_MAX = 30;

export function startChainController(deps: ControllerDeps): ChainController {
  const { view, leadership, clock, log, metrics, config } = deps;
  const measuring = startMeasuring(deps, { onNews: changed, onPaths: watchPaths });
  let term = 0;
  let state = freshState();
  let looking: Promise<void> | undefined;
  let isDirty = false;
  let isStopped = false;
  let failures = 0;
  let cancelTimer: (() => void) | undefined;
  let timerDueMs = Infinity;

  /** Of this term as leader, if it is one. */
  function freshState(): ReconcileDeps {
    const own = term;
    const mayWrite = () => own === term && !isStopped && leadership.isLeader;
    const remembered = { memory: new PathMemory(), statuses: new Map(), verdicts: new Map(), splits: recentSplits() };
    return { ...deps, ...remembered, watch: new PathWatch(config.rollback), times: measuring.times, mayWrite };
  }

  /** The earliest time asked for counts. */
  function lookAt(dueMs: number): void {
    if (isStopped || dueMs >= timerDueMs) return;
    cancelTimer?.();
    timerDueMs = dueMs;
    cancelTimer = clock.after(Math.max(0, dueMs - clock.nowMs()), () => {
      timerDueMs = Infinity;
      look();
    });
  }

  function changed(): void {
    lookAt(clock.nowMs() + config.debounceMs);
  }

  function look(): void {
    if (looking) {
      isDirty = true;
      return;
    }
    if (isStopped || !leadership.isLeader || !hasSynced(deps)) return;
    looking = once().finally(() => {
      looking = undefined;
      if (isDirty) changed();
      isDirty = false;
    });
  }

  async function once(): Promise<void> {
    const stopTimer = metrics.reconcileSeconds.startTimer();
    const measurements = { measured: measuring.demands, measuredLatencies: measuring.latencies() };
    const result = await reconcile(state, measurements).catch((error: unknown): Reconciled => {
      log.error("planning failed", { reason: messageOf(error), error });
      return { hasFailed: true, wakeAtMs: undefined };
    });
    stopTimer();
    metrics.reconciles.inc({ outcome: result.hasFailed ? "failed" : "done" });
    failures = result.hasFailed ? failures + 1 : 0;
    if (failures > 0) lookAt(clock.nowMs() + config.retryMs * Math.min(2 ** (failures - 1), RETRY_FACTOR_MAX));
    if (result.wakeAtMs !== undefined) lookAt(result.wakeAtMs);
  }

  function watchPaths(reports: readonly PathReport[]): void {
    if (!config.rollback.isEnabled || !leadership.isLeader || !hasSynced(deps)) return;
    if (state.watch.observe(reports, watchedChanges(view, state.memory, clock.nowMs()))) changed();
  }

  const unsubscribes = collectionsOf(deps).map((collection) => collection.subscribe(changed));
  const unsubscribeLead = leadership.subscribe(() => {
    // What another leader has written since is not in our memory.
    term += 1;
    state = freshState();
    // Nor is it ours to show.
    metrics.chains.reset();
    metrics.outages.reset();
    metrics.refusedRenderings.reset();
    changed();
  });
  changed();
  return {
    get demands() {
      return measuring.demands;
    },
    trialsOf: measuring.trialsOf,
    statusOf: (chainUid) => state.statuses.get(chainUid),
    verdictOf: (chainUid) => state.verdicts.get(chainUid),
    async stop() {
      isStopped = true;
      cancelTimer?.();
      unsubscribeLead();
      for (const unsubscribe of unsubscribes) unsubscribe();
      await measuring.stop();
      await looking;
    },
  };
}

export function hasSynced(deps: Pick<ControllerDeps, "view">): boolean {
  return collectionsOf(deps).every((collection) => collection.hasSynced);
}

function collectionsOf({ view }: Pick<ControllerDeps, "view">): readonly Collection<unknown>[] {
  const { pods, nodes, services, serviceFunctions, serviceFunctionChains, serviceFunctionPaths } = view;
  return [pods, nodes, services, serviceFunctions, serviceFunctionChains, serviceFunctionPaths];
}
