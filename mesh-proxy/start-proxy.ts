/** Puts one proxy together and runs it. Many may run in one process: nothing here is global. */
import type { Clock } from "../core/ports/clock.ts";
import type { Log } from "../core/ports/log.ts";
import type { HttpServer } from "../platform/http/http-server.ts";
import { createAdminServer } from "./control/admin-server.ts";
import { configuredSource } from "./control/configured-source.ts";
import type { SnapshotSource } from "./control/snapshot-source.ts";
import { acceptInbound } from "./inbound/accept-inbound.ts";
import { type InterceptListeners, openInterceptListeners } from "./intercept/intercept-listeners.ts";
import type { ProxyConfig } from "./proxy-config.ts";
import { createProxyParts, type ProxyParts } from "./proxy-parts.ts";
import { type Listener, listen } from "./relay/listen.ts";
import type { AdminAnswer, AdminQuestion } from "./workers/worker-messages.ts";

export interface ProxyDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Instead of the one that `controlUrl` or `snapshotFile` names. */
  readonly snapshotSource?: SnapshotSource | undefined;
  /** Unless false; whoever has several proxies asks them by `ask` instead. */
  readonly hasAdminPort?: boolean | undefined;
  /** Unless false: of several processes on one address one can. */
  readonly carriesUdp?: boolean | undefined;
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
  /** As the admin port answers. */
  ask(question: AdminQuestion): Promise<AdminAnswer>;
  /** Not ready, no new connections; HTTP ends between requests, the rest when it is done or after `drainMs`. Again is no error. */
  stop(options?: { readonly drainMs?: number }): Promise<StopResult>;
}

export interface ProxyAddresses {
  readonly mesh: { readonly host: string; readonly port: number };
  /** Empty where it has none. */
  readonly admin: { readonly host: string; readonly port: number; readonly url: string };
}

export interface StopResult {
  /** Flows that were still going at the end of the drain, such as `inbound from core/amf-0`. */
  readonly cut: readonly string[];
}

/** What waits to be logged or sent has this long even where connections have none. */
const OBSERVER_MS_MIN = 500;

/** @throws WeftError listen-failed, or config-invalid when nothing says where snapshots come from, or what is required is not there */
export async function startProxy(config: ProxyConfig, deps: ProxyDeps): Promise<RunningProxy> {
  const parts = createProxyParts(config, deps);
  const { context, keeper, outbound, udp, running, registry } = parts;
  try {
    const onReconnect = () => context.own.reconnectCount++;
    const source = deps.snapshotSource ?? configuredSource(config, { ...deps, onReconnect });
    await context.kernel.start();
    const servers = await openServers(parts, deps);
    const stopSource = source.start(keeper);
    let stopping: Promise<StopResult> | undefined;
    return {
      addresses: servers.addresses,
      upstreamPorts: async () => [...(await outbound.ports()), ...(await udp.ports())],
      snapshotVersion: () => keeper.table?.version,
      whenRunning: (version) => running.wait(version),
      metrics: () => registry.metrics(),
      ask: (question) => askApp(servers.adminServer, question),
      stop: ({ drainMs = config.drainMs } = {}) => {
        stopping ??= drain(parts, servers, { stopSource, drainMs });
        return stopping;
      },
    };
  } catch (error) {
    await Promise.all([context.flows.drain(0), udp.drain(0)]);
    parts.checks.stop();
    parts.state.stopGivingUp();
    context.guards.stop();
    context.watch.stop();
    context.certificates.stop();
    context.kernel.stop();
    throw error;
  }
}

interface Servers {
  readonly addresses: ProxyAddresses;
  readonly mesh: Listener;
  readonly intercepting: InterceptListeners;
  readonly adminServer: HttpServer;
}

async function openServers(parts: ProxyParts, { hasAdminPort = true, carriesUdp = true }: ProxyDeps): Promise<Servers> {
  const { context, keeper, udp, registry, state } = parts;
  const { config, log, buffers } = context;
  const mesh = await listen({
    host: config.podAddress,
    port: config.meshPort,
    isShared: config.workers > 1,
    buffers,
    onConnection: (socket) => void acceptInbound(context, socket),
    onError: (error) => log.warn("mesh listener failed", { error: error.message }),
  });
  let intercepting: InterceptListeners | undefined;
  const adminServer = createAdminServer(context, keeper, registry, () => state.isReady);
  try {
    intercepting = await openInterceptListeners(context, parts);
    if (carriesUdp) await udp.listen(mesh.port);
    const adminHost = config.adminHost ?? config.podAddress;
    const admin = hasAdminPort ? await adminServer.listen(adminHost, config.adminPort) : noAdmin;
    log.info("proxy listens", { mesh: `${mesh.address}:${mesh.port}`, admin: admin.url });
    return { addresses: { mesh: { host: mesh.address, port: mesh.port }, admin }, mesh, intercepting, adminServer };
  } catch (error) {
    await Promise.all([mesh.close(), intercepting?.close()]);
    throw error;
  }
}

const noAdmin = { host: "", port: 0, url: "" };

async function askApp({ app }: HttpServer, { method, url, body }: AdminQuestion): Promise<AdminAnswer> {
  const payload = body === undefined ? {} : { payload: body as object };
  const { statusCode, headers, body: text } = await app.inject({ method, url, ...payload });
  return { statusCode, contentType: String(headers["content-type"] ?? ""), body: text };
}

async function drain(
  { context, outbound, http2, udp, checks, state }: ProxyParts,
  { mesh, intercepting, adminServer }: Servers,
  { stopSource, drainMs }: { readonly stopSource: () => Promise<void>; readonly drainMs: number },
): Promise<StopResult> {
  const { clock, flows, taps, watch, certificates, observer, kernel, log } = context;
  state.isReady = false;
  checks.stop();
  // What the kernel has accepted for the listeners is taken before they close.
  await new Promise<void>((resolve) => clock.after(0, resolve));
  await Promise.all([stopSource(), mesh.close(), intercepting.close(), outbound.closeAll()]);
  state.isDraining = true;
  const cut = (await Promise.all([flows.drain(drainMs), udp.drain(drainMs)])).flat();
  http2.close();
  state.stopGivingUp();
  taps.cut();
  context.guards.stop();
  await observer.close(Math.max(OBSERVER_MS_MIN, drainMs));
  watch.stop();
  certificates.stop();
  kernel.stop();
  await adminServer.close();
  if (cut.length > 0) log.warn("flows were cut at the end of the drain", { cut, drainMs });
  return { cut };
}
