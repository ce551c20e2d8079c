/** Puts one proxy together and runs it. Many may run in one process: nothing here is global. */

import { messageOf, WeftError } from "../core/model/weft-error.ts";
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import { createAdminServer } from "./control/admin-server.ts";
import { createHttpSnapshotSource } from "./control/http-snapshot-source.ts";
import { SnapshotKeeper } from "./control/snapshot-keeper.ts";
import type { SnapshotSource } from "./control/snapshot-source.ts";
import { createFileSnapshotSource } from "./control/static-snapshot-source.ts";
import { acceptInbound } from "./inbound/accept-inbound.ts";
import { OwnMetrics } from "./meter/own-metrics.ts";
import { createMetricsRegistry } from "./meter/register-metrics.ts";
import { SeriesTable } from "./meter/series-table.ts";
import { OutboundListeners } from "./outbound/outbound-listeners.ts";
import type { ProxyConfig } from "./proxy-config.ts";
import type { ProxyContext } from "./proxy-context.ts";
import { FlowRegistry } from "./relay/flow-registry.ts";
import { listen } from "./relay/listen.ts";
import { ReadBuffers } from "./relay/read-buffers.ts";
import { Ejections } from "./steer/ejections.ts";

export interface ProxyDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Instead of the one that `controlUrl` or `snapshotFile` names. */
  readonly snapshotSource?: SnapshotSource | undefined;
}

export interface RunningProxy {
  readonly addresses: ProxyAddresses;
  /** Ports of the upstream listeners that are open now. */
  upstreamPorts(): Promise<readonly number[]>;
  /** The version in use; undefined before the first snapshot. */
  snapshotVersion(): number | undefined;
  /** Resolves when a snapshot of at least `version` is in use and its listeners are open. */
  whenRunning(version: number): Promise<void>;
  /** The text of `/metrics`, for those in the same process. */
  metrics(): Promise<string>;
  /** Not ready, no new connections; HTTP ends between requests, the rest when it is done or after `drainMs`. Again is no error. */
  stop(options?: { readonly drainMs?: number }): Promise<StopResult>;
}

export interface ProxyAddresses {
  readonly mesh: { readonly host: string; readonly port: number };
  readonly admin: { readonly host: string; readonly port: number; readonly url: string };
}

export interface StopResult {
  /** Flows that were still going at the end of the drain, such as `inbound from core/amf-0`. */
  readonly cut: readonly string[];
}

/** @throws WeftError listen-failed, or config-invalid when nothing says where snapshots come from */
export async function startProxy(config: ProxyConfig, deps: ProxyDeps): Promise<RunningProxy> {
  const { clock, log, random } = deps;
  const proxy = `${config.namespace}/${config.pod}`;
  const own = new OwnMetrics();
  const source = deps.snapshotSource ?? sourceOf(config, deps, own);
  const waiting = new Set<() => void>();
  let isDraining = false;
  let isReady = true;
  let openVersion = -1;
  const flows = new FlowRegistry({
    clock,
    connectionsMax: config.connectionsMax,
    idleTimeoutMs: config.idleTimeoutMs,
    onIdle: (flow) => {
      own.idleClosedCount++;
      log.debug("closed for idleness", { flow: flow.name });
    },
  });
  const context: ProxyContext = {
    config,
    clock,
    log,
    random,
    own,
    flows,
    buffers: new ReadBuffers(config.bufferBytes),
    series: new SeriesTable(config.seriesMax),
    ejections: new Ejections(config.ejectionMs),
    routes: () => keeper.table,
    isDraining: () => isDraining,
  };
  const outbound = new OutboundListeners(context);
  const keeper = new SnapshotKeeper({
    proxy,
    clock,
    log,
    own,
    onChange: (table) => {
      outbound.update(table.upstreams.map(({ upstream }) => upstream.listenPort)).then(() => {
        openVersion = Math.max(openVersion, table.version);
        for (const call of waiting) call();
      });
    },
  });
  const registry = createMetricsRegistry({
    own,
    table: context.series,
    connectionCount: () => flows.count,
    snapshotVersion: () => keeper.table?.version,
    snapshotAgeSeconds: () => keeper.ageSeconds,
  });
  const mesh = await listen({
    host: config.podAddress,
    port: config.meshPort,
    buffers: context.buffers,
    onConnection: (socket) => void acceptInbound(context, socket),
    onError: (error) => log.warn("mesh listener failed", { error: messageOf(error) }),
  });
  const adminServer = createAdminServer(context, keeper, registry, () => isReady);
  const admin = await adminServer
    .listen(config.adminHost ?? config.podAddress, config.adminPort)
    .catch(async (error) => {
      await mesh.close();
      throw error;
    });
  const stopSource = source.start(keeper);
  log.info("proxy listens", { proxy, mesh: `${mesh.address}:${mesh.port}`, admin: admin.url });

  const drain = async (drainMs: number): Promise<StopResult> => {
    isReady = false;
    // What the kernel has accepted for the listeners is taken before they close.
    await new Promise<void>((resolve) => clock.after(0, resolve));
    await Promise.all([stopSource(), mesh.close(), outbound.closeAll()]);
    isDraining = true;
    const cut = await flows.drain(drainMs);
    await adminServer.close();
    if (cut.length > 0) log.warn("flows were cut at the end of the drain", { cut, drainMs });
    return { cut };
  };
  let stopping: Promise<StopResult> | undefined;
  return {
    addresses: { mesh: { host: mesh.address, port: mesh.port }, admin },
    upstreamPorts: () => outbound.ports(),
    snapshotVersion: () => keeper.table?.version,
    whenRunning: (version) =>
      new Promise((resolve) => {
        const check = () => {
          if (openVersion < version) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
    metrics: () => registry.metrics(),
    stop: ({ drainMs = config.drainMs } = {}) => {
      stopping ??= drain(drainMs);
      return stopping;
    },
  };
}

function sourceOf(config: ProxyConfig, { clock, log, random }: ProxyDeps, own: OwnMetrics): SnapshotSource {
  const { controlUrl, snapshotFile } = config;
  if (controlUrl !== undefined && snapshotFile !== undefined) {
    throw new WeftError("config-invalid", "snapshotFile: cannot be set together with controlUrl");
  }
  if (snapshotFile !== undefined) return createFileSnapshotSource(snapshotFile, log);
  if (controlUrl === undefined) throw new WeftError("config-invalid", "controlUrl: is missing, and so is snapshotFile");
  return createHttpSnapshotSource({
    ...config,
    controlUrl,
    proxy: `${config.namespace}/${config.pod}`,
    clock,
    log,
    random,
    onReconnect: () => own.reconnectCount++,
  });
}
