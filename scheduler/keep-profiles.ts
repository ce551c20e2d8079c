/** Keeps what is learned in TrafficProfile objects, and brings it back after a restart. */
import type { FlowGraph } from "../core/graph/flow-graph.ts";
import type { TrafficProfile } from "../core/model/traffic-profile.ts";
import { messageOf } from "../core/model/weft-error.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Leadership } from "../core/ports/leadership.ts";
import type { Log } from "../core/ports/log.ts";
import type { ProfileStore } from "../core/ports/profile-store.ts";
import { LearnedFlows } from "./placement/learned-flows.ts";
import type { SchedulerConfig } from "./scheduler-config.ts";
import type { SchedulerMetrics } from "./scheduler-metrics.ts";
import type { WatchedDemand } from "./watched-demand.ts";

/** Where profiles are, and whether this replica is the one that writes them. */
export interface ProfileKeeping {
  readonly store: ProfileStore;
  readonly leadership: Leadership;
}

export interface KeepProfilesDeps extends ProfileKeeping {
  readonly graph: FlowGraph;
  readonly demand: WatchedDemand;
  readonly metrics: SchedulerMetrics;
  readonly clock: Clock;
  readonly log: Log;
}

type KeepConfig = Pick<
  SchedulerConfig,
  "profileIntervalMs" | "profileHalfLifeMs" | "profileFlowsMax" | "ignoredBelowBytesPerSecond" | "drainMsMax"
>;

export interface ProfileKeeper {
  /** Writes what is new, if this replica writes, for at most `drainMsMax`. */
  stop(): Promise<void>;
}

const RESTORE_RETRY_MS = 5000;
const WRITES_PER_ROUND_MAX = 50;

/**
 * Every replica restores at its start and learns for itself; the leader writes, and reads again what its predecessor wrote before
 * it does. Nothing is written before everything has been read, and profiles that cannot be read are left as they are.
 */
export function startProfileKeeper(deps: KeepProfilesDeps, config: KeepConfig): ProfileKeeper {
  const { store, leadership, graph, demand, metrics, clock, log } = deps;
  const learned = new LearnedFlows({
    halfLifeMs: config.profileHalfLifeMs,
    flowsMax: config.profileFlowsMax,
    ignoredBelowBytesPerSecond: config.ignoredBelowBytesPerSecond,
  });
  const stored = new Map<string, TrafficProfile>();
  const untouchable = new Set<string>();
  /** Tried last, so that they keep no others from being written. */
  const refused = new Set<string>();
  let isRestored = false;
  let isFailing = false;
  let isStopped = false;
  let cancelNext = () => {};

  async function restore(): Promise<void> {
    const { profiles, unreadable } = await store.read();
    stored.clear();
    untouchable.clear();
    for (const profile of profiles) stored.set(profile.namespace, profile);
    for (const { namespace, field, reason } of unreadable) {
      untouchable.add(namespace);
      log.warn("a traffic profile cannot be read and is left as it is", { namespace, field, reason });
    }
    learned.restore(profiles, clock.nowMs());
    isRestored = true;
  }

  function learn(): void {
    const nowMs = clock.nowMs();
    const imageOf = (workload: string) => demand.imageOf(workload);
    if (graph.lastReadingAtMs !== undefined) learned.learn(graph.flows(nowMs), nowMs, imageOf);
    demand.remember(learned.expected(nowMs));
  }

  /** Those that differ, and empty ones for namespaces of which nothing is left. */
  function toWrite(): readonly TrafficProfile[] {
    const profiles = learned.profiles();
    const present = new Set(profiles.map(({ namespace }) => namespace));
    const gone = [...stored.values()].filter(({ namespace, flows }) => flows.length > 0 && !present.has(namespace));
    const emptied = gone.map(({ namespace }): TrafficProfile => ({ namespace, flows: [] }));
    return [...profiles, ...emptied]
      .filter(({ namespace }) => !untouchable.has(namespace))
      .filter((profile) => learned.hasChanged(stored.get(profile.namespace), profile, clock.nowMs()))
      .sort((a, b) => Number(refused.has(a.namespace)) - Number(refused.has(b.namespace)))
      .slice(0, WRITES_PER_ROUND_MAX);
  }

  /** One namespace that cannot be written, as one that is being deleted, holds no other up. */
  async function write(): Promise<void> {
    for (const profile of toWrite()) {
      if (!leadership.isLeader) return;
      try {
        await store.write(profile);
        stored.set(profile.namespace, profile);
        refused.delete(profile.namespace);
        metrics.profileWrites.inc({ outcome: "written" });
      } catch (error) {
        refused.add(profile.namespace);
        metrics.profileWrites.inc({ outcome: "failed" });
        log.debug("a traffic profile was not written", { namespace: profile.namespace, reason: messageOf(error) });
      }
    }
  }

  async function round(): Promise<void> {
    try {
      if (!isRestored) await restore();
      if (isFailing) log.info("traffic profiles can be read again");
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.warn("traffic profiles cannot be read", { reason: messageOf(error) });
      isFailing = true;
    }
    learn();
    if (isRestored && leadership.isLeader) await write();
  }

  let running: Promise<void> | undefined;

  function run(): Promise<void> {
    cancelNext();
    running ??= round()
      .catch((error) => log.error("keeping traffic profiles failed", { error }))
      .finally(() => {
        running = undefined;
        if (!isStopped) cancelNext = clock.after(isRestored ? config.profileIntervalMs : RESTORE_RETRY_MS, run);
      });
    return running;
  }

  const unsubscribe = leadership.subscribe((isLeader) => {
    if (isLeader) isRestored = false;
    if (isLeader && !isStopped) void run();
  });
  void run();
  return {
    async stop() {
      if (isStopped) return;
      isStopped = true;
      unsubscribe();
      cancelNext();
      await within(config.drainMsMax, clock, async () => {
        await running;
        await round();
      });
    },
  };
}

async function within(timeMs: number, clock: Clock, work: () => Promise<void>): Promise<void> {
  let cancel = () => {};
  const late = new Promise<void>((resolve) => {
    cancel = clock.after(timeMs, resolve);
  });
  await Promise.race([work(), late]).finally(() => cancel());
}
