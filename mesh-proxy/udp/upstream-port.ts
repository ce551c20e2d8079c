/** Takes the datagrams of the pod's own application to an upstream: each goes where its session goes. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import { isDatagramProtocol } from "../../core/model/service.ts";
import { hashText } from "../balance/hash.ts";
import { type Session, SessionTable } from "../balance/session-table.ts";
import { trafficLabels } from "../meter/traffic-labels.ts";
import { clientName } from "../outbound/client-name.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { chooseDestination } from "../route/choose-destination.ts";
import type { RouteTable, UpstreamRoute } from "../route/route-table.ts";
import { endpointKey } from "../steer/breakers.ts";
import type { Destination } from "./quick-sender.ts";
import { createSessionKeys, type SessionKeys } from "./session-keys.ts";
import { type ClientFlow, Trunk } from "./trunk.ts";
import { openUdpSocket, type UdpSocket } from "./udp-socket.ts";

const HASH_SEED = 0x7f4a7c15;

export class UpstreamPort {
  private readonly context: ProxyContext;
  private readonly listenPort: number;
  private readonly sessions: SessionTable<Trunk>;
  private readonly trunks = new Map<string, Trunk>();
  private meant = "";
  private keys: SessionKeys = createSessionKeys("udp");
  private route: UpstreamRoute | undefined;
  private socket: UdpSocket | undefined;

  constructor(context: ProxyContext, listenPort: number) {
    this.context = context;
    this.listenPort = listenPort;
    this.sessions = new SessionTable(context.udpSessions);
  }

  get port(): number {
    return this.listenPort;
  }

  /** @throws WeftError listen-failed */
  async open(): Promise<this> {
    const { config, datagrams } = this.context;
    this.socket = await openUdpSocket({
      host: config.upstreamHost,
      port: this.listenPort,
      receiveBufferBytes: config.udpReceiveBufferBytes,
      counters: datagrams,
      turn: this.context.datagramTurn,
      onDatagram: (bytes, from) => this.take(bytes, from),
    });
    return this;
  }

  /** Clients with a datagram since then, either way; those that have had none are forgotten. */
  expire(sinceMs: number): number {
    const { datagrams, clock } = this.context;
    datagrams.idleSessionCount += this.sessions.expire(clock.nowMs());
    let flowCount = 0;
    for (const [key, trunk] of this.trunks) {
      trunk.expire(sinceMs);
      flowCount += trunk.flowCount;
      if (trunk.flowCount > 0 || this.isListed(trunk)) continue;
      this.trunks.delete(key);
      void trunk.close();
    }
    return flowCount;
  }

  /** Its sessions end with it: there is nowhere left from which to answer. */
  async close(): Promise<void> {
    this.sessions.releaseAll();
    await Promise.all([this.socket?.close(), ...Array.from(this.trunks.values(), (trunk) => trunk.close())]);
    this.trunks.clear();
  }

  private take(datagram: Buffer, { address, port }: Destination): void {
    const { context } = this;
    const nowMs = context.clock.nowMs();
    const table = context.routes();
    const route = table?.upstreamAt(this.listenPort);
    if (table === undefined || route === undefined) {
      context.datagrams.lose("no_snapshot");
      return;
    }
    if (route !== this.route) this.follow(route);
    const client = `${address} ${port}`;
    const trunk = this.trunkFor(datagram, { client, address, port, table, route, nowMs });
    if (trunk === undefined) return;
    const name = clientName(address, context.config.podAddress);
    const flow = trunk.flowOf(client, { address, port }, { address: name, port });
    if (flow === undefined) context.datagrams.lose("session_limit");
    else trunk.send(flow, datagram, nowMs);
  }

  private follow(route: UpstreamRoute): void {
    this.route = route;
    const { namespace, service, port, protocol } = route.upstream;
    const meant = `${namespace}/${service}:${port} ${protocol}`;
    if (meant === this.meant) return;
    // The port means something else from now on.
    this.meant = meant;
    this.keys = createSessionKeys(isDatagramProtocol(protocol) ? protocol : "udp");
    this.sessions.releaseAll();
  }

  private trunkFor(datagram: Buffer, asked: Asked): Trunk | undefined {
    const { context, keys, sessions } = this;
    const key = keys.keyOf(datagram, asked.client);
    if (keys.problem !== undefined) context.datagrams.unfollow(keys.problem);
    const session = sessions.find(key, asked.nowMs);
    if (session === undefined) return this.beginSession(key, asked);
    session.idleMs = this.idleMs();
    return this.isUsable(session.pinned, asked) ? session.pinned : this.moveSession(session, key, asked);
  }

  private beginSession(key: string | number, asked: Asked): Trunk | undefined {
    const { context, sessions } = this;
    if (context.isDraining()) return this.lose("draining");
    const trunk = this.choose(key, asked);
    if (trunk === undefined) return this.lose("no_endpoint");
    const session = sessions.begin(key, trunk, { idleMs: this.idleMs(), nowMs: asked.nowMs });
    return session === undefined ? this.lose("session_limit") : trunk;
  }

  private moveSession(session: Session<Trunk>, key: string | number, asked: Asked): Trunk | undefined {
    const trunk = this.choose(key, asked);
    if (trunk === undefined) return this.lose("no_endpoint");
    if (trunk !== session.pinned) this.context.datagrams.rechosenCount++;
    session.pinned = trunk;
    return trunk;
  }

  private lose(reason: "draining" | "no_endpoint" | "session_limit"): undefined {
    this.context.datagrams.lose(reason);
  }

  /** A tunnel that ends is kept only as long as somebody may repeat its end. */
  private idleMs(): number {
    const { udpIdleTimeoutMs, udpTunnelIdleTimeoutMs } = this.context.config;
    const { isNamed, isLast } = this.keys;
    return isNamed && !isLast ? udpTunnelIdleTimeoutMs : udpIdleTimeoutMs;
  }

  /** A live session stays while its endpoint is in the snapshot and does not refuse, whatever its weight has become. */
  private isUsable(trunk: Trunk, { route }: Asked): boolean {
    if (trunk.isRefused || trunk.isGone) return false;
    if (trunk.checked === route) return true;
    if (!this.isListed(trunk)) return false;
    trunk.checked = route;
    return true;
  }

  private isListed({ endpoint }: Trunk): boolean {
    const key = endpointKey(endpoint);
    const endpoints = this.context.routes()?.upstreamAt(this.listenPort)?.upstream.endpoints ?? [];
    return endpoints.some((listed) => listed.pod === endpoint.pod && endpointKey(listed) === key);
  }

  /** When every endpoint has refused lately, one of those is better than none. */
  private choose(key: string | number, { client, address, port, table, route, nowMs }: Asked): Trunk | undefined {
    const { breakers, watch, random } = this.context;
    // Off the tunnel's name, so that other proxies and this one started again choose alike while they know the same.
    const uniform = this.keys.isNamed ? hashText(String(key), HASH_SEED) / 2 ** 32 : random();
    const flow = { source: { address, port }, uniform };
    const isOut = (one: WeightedEndpoint) => breakers.isEjected(one, nowMs) || watch.isSilent(one);
    const first = chooseDestination(route, flow, isOut);
    const chosen = first.kind === "none" ? chooseDestination(route, flow) : first;
    if (chosen.kind === "none") {
      this.context.log.debug("no endpoint for a datagram", { client, reason: chosen.reason });
      return undefined;
    }
    const trunk = this.trunkTo(chosen.endpoint, table, route);
    // Its time is up, or there is no other: it gets another chance.
    if (first.kind !== "none") trunk.isRefused = false;
    breakers.began(chosen.endpoint, nowMs);
    return trunk;
  }

  private trunkTo(endpoint: WeightedEndpoint, table: RouteTable, route: UpstreamRoute): Trunk {
    const { namespace, service } = route.upstream;
    const key = `${endpointKey(endpoint)} ${endpoint.pod} ${namespace}/${service}`;
    const known = this.trunks.get(key);
    if (known !== undefined) return known;
    const peer = table.peerNamed(endpoint.pod);
    const traffic = { reporter: "source", source: table.self, destination: peer ?? table.self } as const;
    const labels = trafficLabels({ ...traffic, service: { namespace, service } }, "udp");
    const trunk = new Trunk(this.context, {
      endpoint,
      podAddress: peer?.address ?? endpoint.address,
      series: this.context.series.seriesFor(labels),
      onAnswer: (answer, flow) => this.answer(trunk, answer, flow),
    });
    this.trunks.set(key, trunk);
    return trunk;
  }

  private answer(trunk: Trunk, answer: Buffer, client: ClientFlow): void {
    const begun = this.keys.begunBy(answer);
    if (begun !== undefined) this.learn(begun, trunk);
    this.socket?.sendTo([answer], client);
  }

  private learn(key: string, trunk: Trunk): void {
    const { clock, config, datagrams } = this.context;
    const nowMs = clock.nowMs();
    const known = this.sessions.find(key, nowMs);
    if (known !== undefined) {
      if (known.pinned !== trunk) datagrams.seidConflictCount++;
      return;
    }
    const begun = this.sessions.begin(key, trunk, { idleMs: config.udpTunnelIdleTimeoutMs, nowMs });
    if (begun === undefined) datagrams.lose("session_limit");
  }
}

interface Asked {
  readonly client: string;
  readonly address: string;
  readonly port: number;
  readonly table: RouteTable;
  readonly route: UpstreamRoute;
  readonly nowMs: number;
}
