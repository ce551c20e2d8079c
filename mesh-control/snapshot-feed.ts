/** Keeps every connected proxy's snapshot up to date with the cluster. */
import type { Writable } from "node:stream";
import type { SnapshotReport } from "../core/model/mesh-snapshot.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { RoutedMeshView } from "../core/ports/cluster-view.ts";
import type { Log } from "../core/ports/log.ts";
import { buildSnapshot } from "./build-snapshot.ts";
import type { ControlConfig } from "./control-config.ts";
import type { ControlMetrics } from "./control-metrics.ts";
import { type IndexOptions, indexMesh, type MeshIndex } from "./mesh-index.ts";
import type { ProxyBook, ProxyRecord } from "./proxy-book.ts";
import { isSameText, nextVersion, peersText, snapshotText } from "./snapshot-line.ts";
import { createSnapshotStream, type SnapshotStream } from "./snapshot-stream.ts";
import { watchCluster } from "./watch-cluster.ts";

export interface FeedDeps {
  readonly view: RoutedMeshView;
  readonly clock: Clock;
  readonly log: Log;
  readonly indexing: IndexOptions;
  readonly book: ProxyBook;
  readonly metrics: ControlMetrics;
  /** Called with every new reading of the cluster. */
  readonly onIndex: (index: MeshIndex) => void;
}

export interface SnapshotFeed {
  /** Undefined until the view has synced: of half a cluster nothing is told. */
  readonly index: MeshIndex | undefined;
  /** Sends snapshots until `output` closes; of two streams of one proxy the newer stays. @throws WeftError limit-reached */
  connect(proxy: string, output: Writable): void;
  /** False for a proxy that is neither connected nor a pod of the mesh. @throws WeftError limit-reached */
  report(report: SnapshotReport): boolean;
  /** Builds all snapshots anew, when something besides the cluster has changed. */
  refresh(): void;
  /** Ends all streams. */
  stop(): void;
}

export function startSnapshotFeed(config: ControlConfig, deps: FeedDeps): SnapshotFeed {
  const { view, clock, log, book, metrics } = deps;
  let index: MeshIndex | undefined;
  let peers = "[]";
  let version = 0;

  const stopWatch = watchCluster({ view, clock, debounceMs: config.debounceMs, onChange: refresh });
  const stopBeats = clock.every(config.heartbeatMs, () => {
    for (const { stream } of book.records) stream?.beat();
  });

  function refresh(): void {
    const startedMs = clock.nowMs();
    const fresh = indexMesh(view, deps.indexing);
    index = fresh;
    peers = peersText(fresh.peers);
    book.forget((proxy) => fresh.pods.has(proxy));
    for (const record of book.records) if (record.stream) update(record, fresh);
    deps.onIndex(fresh);
    metrics.buildSeconds.observe(Math.max(0, clock.nowMs() - startedMs) / 1000);
  }

  function update(record: ProxyRecord, from: MeshIndex): void {
    const built = buildSnapshot(from, record.proxy);
    record.waitingReason = built.kind === "outside" ? built.reason : undefined;
    record.problems = built.kind === "outside" ? [] : built.problems;
    if (built.kind === "outside") return;
    const text = snapshotText(built.content, peers);
    if (record.newest && isSameText(record.newest.text, text)) return;
    version = nextVersion(version, clock.nowMs());
    record.newest = { version, text };
    record.stream?.offer(record.newest);
  }

  function connect(proxy: string, output: Writable): void {
    const record = book.open(proxy);
    record.stream?.end();
    const stream = streamFor(record, output);
    record.stream = stream;
    record.newest = undefined;
    record.sentVersion = undefined;
    record.waitingReason = index ? undefined : "the cluster has not been read yet";
    output.on("close", () => {
      if (record.stream !== stream) return;
      record.stream = undefined;
      record.newest = undefined;
    });
    stream.beat();
    if (index) update(record, index);
  }

  function streamFor(record: ProxyRecord, output: Writable): SnapshotStream {
    return createSnapshotStream({
      output,
      clock,
      stallMsMax: config.stallMsMax,
      onSent: (snapshot) => {
        record.sentVersion = snapshot.version;
        metrics.snapshotsSent.inc();
      },
      onStalled: () => {
        metrics.stalls.inc();
        log.warn("a proxy takes no more of its snapshots", { proxy: record.proxy, stallMsMax: config.stallMsMax });
      },
    });
  }

  function report(report: SnapshotReport): boolean {
    const known = book.find(report.proxy);
    if (!known && !index?.meshPods.has(report.proxy)) return false;
    const record = known ?? book.open(report.proxy);
    if (!isOvertaken(report, record.report)) record.report = { ...report, atMs: clock.nowMs() };
    if (report.verdict === "rejected") {
      metrics.snapshotsRejected.inc();
      log.warn("a proxy rejected its snapshot", { ...report });
    }
    return true;
  }

  function stop(): void {
    stopWatch();
    stopBeats();
    for (const { stream } of book.records) stream?.end();
  }

  return {
    get index() {
      return index;
    },
    connect,
    report,
    refresh: () => index && refresh(),
    stop,
  };
}

/** Reports are requests of their own, so one may arrive after the report of a newer snapshot. What has no version is not compared. */
function isOvertaken({ version }: SnapshotReport, latest: SnapshotReport | undefined): boolean {
  return version > 0 && latest !== undefined && version < latest.version;
}
