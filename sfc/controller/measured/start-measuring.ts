/** What is measured of the traffic, asked for again and again: the demand of chains, how their paths fare, how far nodes are from each other. */
import type { MeasuredPair } from "../../../core/graph/delay-table.ts";
import type { Clock } from "../../../core/ports/clock.ts";
import type { MeshView } from "../../../core/ports/cluster-view.ts";
import type { Log } from "../../../core/ports/log.ts";
import type { Trials } from "../../../core/stats/fisher-exact.ts";
import { type SourcePoll, startSourcePoll } from "../../../platform/clock/source-poll.ts";
import type { DelaySource } from "../../delay-source.ts";
import type { DemandSource } from "../../demand-source.ts";
import type { PathReport, PathSource } from "../../path-source.ts";
import type { SfcConfig } from "../../sfc-config.ts";
import type { SfcMetrics } from "../../sfc-metrics.ts";
import { CurrentLatencies } from "./current-latencies.ts";
import type { GroupLatencies } from "./measured-latencies.ts";
import { PathTimes } from "./path-times.ts";

export interface MeasurementSources {
  readonly demandSource?: DemandSource | undefined;
  /** Without it no path is taken back, and none is timed. */
  readonly pathSource?: PathSource | undefined;
  /** Without it nodes are as far from each other as is configured. */
  readonly delaySource?: DelaySource | undefined;
}

export interface MeasuringDeps extends MeasurementSources {
  readonly view: Pick<MeshView, "nodes">;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: SfcMetrics;
  readonly config: SfcConfig;
}

export interface MeasuringListeners {
  /** Something has changed by so much that it is worth a look. */
  readonly onNews: () => void;
  /** Called with every answer. */
  readonly onPaths: (reports: readonly PathReport[]) => void;
}

export interface Measuring {
  /** Bytes per second by the chain's `namespace/name`, as of the last answer. */
  readonly demands: ReadonlyMap<string, number>;
  readonly times: PathTimes;
  /** Of the path with this SPI, as of the last answer; undefined where nothing was tried on it. */
  trialsOf(spi: number): Trials | undefined;
  /** Of the nodes as they are now. */
  latencies(): GroupLatencies;
  stop(): Promise<void>;
}

export function startMeasuring(deps: MeasuringDeps, { onNews, onPaths }: MeasuringListeners): Measuring {
  const { view, clock, log, metrics, config, demandSource, pathSource, delaySource } = deps;
  const { localityLatencyMs, measuredLatencies, demandChange, demandIntervalMs } = config;
  const current = new CurrentLatencies({ ...measuredLatencies, localityLatencyMs });
  const times = new PathTimes();
  let demands: ReadonlyMap<string, number> = new Map();
  let trials: ReadonlyMap<number, Trials> = new Map();

  function takeDemands(next: ReadonlyMap<string, number>): void {
    if (!hasMoved(demands, next, demandChange)) return;
    demands = next;
    onNews();
  }

  function takePaths(reports: readonly PathReport[]): void {
    trials = new Map(reports.map(({ spi, attempts, failures }) => [spi, { attempts, failures }]));
    if (times.observe(reports)) onNews();
    onPaths(reports);
  }

  function takeDelays(pairs: readonly MeasuredPair[]): void {
    const before = latencies();
    metrics.measuredPairs.set(pairs.length);
    if (current.observe(pairs, view.nodes.list()) !== before) onNews();
  }

  function latencies(): GroupLatencies {
    const now = current.of(view.nodes.list());
    metrics.measuredGroups.set(now.size);
    return now;
  }

  function poll<T>(asked: SourcePoll<T>, intervalMs = demandIntervalMs): () => Promise<void> {
    return startSourcePoll(asked, { intervalMs, clock, log });
  }

  const demand = { what: "the demand of chains", reads: metrics.demandReads, onAnswer: takeDemands };
  const paths = { what: "how paths fare", reads: metrics.pathReads, onAnswer: takePaths };
  const delays = { what: "how far nodes are from each other", reads: metrics.delayReads, onAnswer: takeDelays };
  const polls = [
    demandSource && poll({ ...demand, source: demandSource }),
    pathSource && poll({ ...paths, source: pathSource }),
    delaySource && poll({ ...delays, source: delaySource }, measuredLatencies.intervalMs),
  ];
  return {
    get demands() {
      return demands;
    },
    times,
    trialsOf: (spi) => trials.get(spi),
    latencies,
    async stop() {
      await Promise.all(polls.map((stop) => stop?.()));
    },
  };
}

/** A decayed rate is never twice the same; small movements are not worth a look. */
function hasMoved(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>, part: number): boolean {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].some((key) => {
    const [was, is] = [before.get(key) ?? 0, after.get(key) ?? 0];
    return Math.abs(is - was) > (part / 2) * was;
  });
}
