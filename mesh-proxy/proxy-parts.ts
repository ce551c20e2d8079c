/** One proxy's parts, put together and not listening yet. */
import type { Registry } from "prom-client";
import { isDatagramProtocol } from "../core/model/service.ts";
import { EndpointLoads } from "./balance/endpoint-loads.ts";
import { ResponseTimes } from "./balance/response-times.ts";
import { SessionBudget } from "./balance/session-table.ts";
import { postSpans } from "./control/post-spans.ts";
import { RunningVersion } from "./control/running-version.ts";
import { SnapshotKeeper } from "./control/snapshot-keeper.ts";
import { HealthChecks } from "./guard/checks/health-checks.ts";
import { pickingBy } from "./guard/picking-by.ts";
import { PortLimits } from "./guard/port-limits.ts";
import { ServiceGuards } from "./guard/service-guards.ts";
import { Http2Upstreams } from "./http2-gateway/http2-upstreams.ts";
import { KernelHelp } from "./kernel-relay/kernel-help.ts";
import { ConnectTimes } from "./meter/connect-times.ts";
import { DatagramCounters } from "./meter/datagram-counters.ts";
import { HopTable } from "./meter/hop-table.ts";
import { OwnMetrics } from "./meter/own-metrics.ts";
import { createMetricsRegistry } from "./meter/register-metrics.ts";
import { RouteCounters } from "./meter/route-counters.ts";
import { RouteSeriesTable } from "./meter/route-series-table.ts";
import { SeriesTable } from "./meter/series-table.ts";
import { Observer } from "./observe/observer.ts";
import { listenForTcp, OutboundListeners } from "./outbound/outbound-listeners.ts";
import { Places } from "./probe/places.ts";
import type { ProxyConfig } from "./proxy-config.ts";
import type { ProxyContext } from "./proxy-context.ts";
import { FlowRegistry } from "./relay/flow-registry.ts";
import { ReadBuffers } from "./relay/read-buffers.ts";
import { TapBook } from "./relay/tap-book.ts";
import { Breakers } from "./steer/breakers.ts";
import { EndpointWatch, type EndpointWatchOptions } from "./steer/endpoint-watch.ts";
import { createCertificateKeeper } from "./tls/certificate-keeper.ts";
import { Treatments } from "./treat/treatment.ts";
import { DatagramTurn } from "./udp/datagram-turn.ts";
import { UdpPlane } from "./udp/udp-plane.ts";

/** Probes of paths at a time. */
const PROBES_MAX = 32;
/** A socket that has read nothing for this long, or twice as long, has no buffer of its own, ms. */
const IDLE_BUFFER_MS = 2000;

export interface ProxyParts {
  readonly context: ProxyContext;
  readonly keeper: SnapshotKeeper;
  readonly outbound: OutboundListeners;
  readonly http2: Http2Upstreams;
  readonly udp: UdpPlane;
  readonly checks: HealthChecks;
  readonly running: RunningVersion;
  readonly registry: Registry;
  readonly state: ProxyState;
}

export interface ProxyState {
  /** What `/readyz` says, apart from the snapshot. */
  isReady: boolean;
  /** New connections are refused. */
  isDraining: boolean;
  /** Idle sockets keep their buffers from then on. */
  stopGivingUp: () => void;
}

interface PartsDeps extends Pick<ProxyContext, "clock" | "log" | "random"> {
  readonly carriesUdp?: boolean | undefined;
}

export function createProxyParts(
  config: ProxyConfig,
  { clock, log, random, carriesUdp = true }: PartsDeps,
): ProxyParts {
  const own = new OwnMetrics();
  const state: ProxyState = { isReady: true, isDraining: false, stopGivingUp: () => {} };
  const running = new RunningVersion();
  const kernel = new KernelHelp(config, { clock, log });
  const guards = new ServiceGuards(clock);
  const postTo = (url: string, body: string, signal: AbortSignal) => postSpans(clock, url, body, signal);
  const context: ProxyContext = {
    config,
    clock,
    log,
    random,
    own,
    flows: createFlows(config, { clock, log, own }),
    observer: new Observer(config, { clock, log, random, self: () => keeper.table?.self, post: postTo }),
    taps: createTapBook(config),
    kernel,
    probes: new Places(PROBES_MAX),
    buffers: new ReadBuffers(config.bufferBytes),
    certificates: createCertificateKeeper(config, { clock, log, onReload: (verdict) => own.countReload(verdict) }),
    routeCounters: new RouteCounters(),
    treatments: new Treatments(config),
    series: new SeriesTable(config.seriesMax),
    routeSeries: new RouteSeriesTable(config.routeSeriesMax),
    datagrams: new DatagramCounters(),
    datagramTurn: new DatagramTurn(log),
    udpSessions: new SessionBudget(config.udpSessionsMax),
    hops: new HopTable(config.seriesMax),
    connectTimes: new ConnectTimes(config.nodePairsMax),
    breakers: new Breakers(config, guards),
    guards,
    portLimits: new PortLimits(clock),
    watch: createWatch(config, {
      clock,
      log,
      own,
      isKnown: (pod) => keeper.table?.peerNamed(pod) !== undefined,
      beforeLook: kernel.count,
    }),
    responseTimes: new ResponseTimes(config.slowPartMin),
    loads: new EndpointLoads(() => clock.nowMs()),
    routes: () => keeper.table,
    isDraining: () => state.isDraining,
  };
  state.stopGivingUp = clock.every(IDLE_BUFFER_MS, () => context.buffers.giveUpIdle());
  const http2 = new Http2Upstreams(context);
  const outbound = new OutboundListeners(context, (port) => listenForTcp(context, port, http2));
  const udp = new UdpPlane(context);
  const checks = new HealthChecks(context);
  const keeper = new SnapshotKeeper({
    proxy: `${config.namespace}/${config.pod}`,
    clock,
    log,
    own,
    picking: pickingBy(context),
    onChange: ({ upstreams, hasOnward, rateLimits, version }) => {
      context.portLimits.update(rateLimits);
      guards.update(upstreams.map(({ upstream }) => upstream));
      checks.update();
      const [datagrams, streams] = [true, false].map((isUdp) =>
        upstreams
          .filter(({ upstream }) => isDatagramProtocol(upstream.protocol) === isUdp)
          .flatMap(({ upstream }) => upstream.listenPort ?? []),
      );
      if (hasOnward) streams?.push(config.onwardPort);
      const updates = [outbound.update(streams ?? []), udp.update((carriesUdp && datagrams) || [])];
      void Promise.all(updates).then(() => running.reached(version));
    },
  });
  return { context, keeper, outbound, http2, udp, checks, running, state, registry: createRegistry(context, keeper) };
}

function createFlows(
  { connectionsMax, idleTimeoutMs }: ProxyConfig,
  { clock, log, own }: Pick<ProxyContext, "clock" | "log" | "own">,
): FlowRegistry {
  return new FlowRegistry({
    clock,
    connectionsMax,
    idleTimeoutMs,
    onIdle: (flow) => {
      own.idleClosedCount++;
      log.debug("closed for idleness", { flow: flow.name });
    },
  });
}

function createWatch(
  { podAddress, silenceTimeoutMs }: ProxyConfig,
  {
    log,
    own,
    ...deps
  }: Pick<ProxyContext, "clock" | "log" | "own"> & Pick<EndpointWatchOptions, "isKnown" | "beforeLook">,
): EndpointWatch {
  return new EndpointWatch({
    ...deps,
    localAddress: podAddress,
    silenceTimeoutMs,
    onKnock: () => own.knockCount++,
    onSilent: ({ pod }, connectionCount) => {
      own.silentEndpointCount++;
      log.warn("endpoint shows no sign of life; its connections are given up", { endpoint: pod, connectionCount });
    },
  });
}

function createTapBook({ connectionsMax, tapBytesMax, tapsBytesMax }: ProxyConfig): TapBook {
  return new TapBook({ copiesMax: 2 * connectionsMax, copyBytesMax: tapBytesMax, bytesMax: tapsBytesMax });
}

function createRegistry(
  {
    own,
    routeCounters,
    series,
    routeSeries,
    observer,
    datagrams,
    udpSessions,
    hops,
    connectTimes,
    flows,
    taps,
    breakers,
    guards,
    portLimits,
    clock,
    certificates,
    kernel,
  }: ProxyContext,
  keeper: SnapshotKeeper,
): Registry {
  return createMetricsRegistry({
    own,
    guards: { guards, portLimits, nowMs: () => clock.nowMs() },
    routeCounters,
    table: series,
    hops,
    routes: routeSeries,
    observer,
    connectTimes,
    datagrams,
    udpSessionCount: () => udpSessions.count,
    connectionCount: () => flows.count,
    tapWaitingByteCount: () => taps.byteCount,
    kernel,
    certificateExpiresAtMs: () => certificates.current?.expiresAtMs,
    endpointCounts: () => {
      const nowMs = clock.nowMs();
      return new Map((["shut", "probing"] as const).map((state) => [state, breakers.countIn(state, nowMs)]));
    },
    snapshotVersion: () => keeper.table?.version,
    snapshotAgeSeconds: () => keeper.ageSeconds,
  });
}
