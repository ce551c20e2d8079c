/**
 * Connections to the endpoints of h2c upstreams, kept for further requests. They are shared by requests to one service, or on one
 * path, on one endpoint, from one client address: all that the PROXY header in front of a connection says but the port.
 */

import type { Upstream, WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import { ttlFirst } from "../../core/model/service-path-header.ts";
import { messageOf } from "../../core/model/weft-error.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import { guardOf, limitOf } from "../guard/admit-request.ts";
import { isFull } from "../guard/dial-limits.ts";
import { parallelAnswer, pendingAnswer } from "../guard/limit-answers.ts";
import type { ServiceGuard } from "../guard/service-guard.ts";
import type { HopSeries } from "../meter/hop-series.ts";
import type { RouteSeries } from "../meter/route-series-table.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { FlowPlace } from "../relay/flow-place.ts";
import { chooseDestination, type Destination } from "../route/choose-destination.ts";
import type { Course, RouteTable } from "../route/route-table.ts";
import { endpointKey } from "../steer/breakers.ts";
import { chooseUntried, dialMesh, type MeshDial, preferring } from "../steer/dial-mesh.ts";
import type { OwnAnswer } from "../steer/error-answer.ts";
import { dropCopies, openCopies } from "../steer/open-copies.ts";
import { flowPlaceAt } from "../steer/place-of.ts";
import { beginTransit } from "../steer/sign-transit.ts";
import type { SessionDeps } from "./session-socket.ts";
import type { StreamOwner } from "./stream-owner.ts";
import { UpstreamConnection } from "./upstream-connection.ts";

export interface Steering {
  readonly table: RouteTable;
  /** What the client dialled; an HTTPRoute may send its requests to other Services. */
  readonly asked: Upstream;
  readonly course: Course;
  readonly source: SocketEndpoint;
  /** Where the course is a path. */
  readonly hop: HopSeries | undefined;
  /** The HTTPRoute that sends it on. */
  readonly route: RouteSeries | undefined;
  /** Holds the session that the request is of. */
  readonly preferred?: WeightedEndpoint | undefined;
}

type Chosen = Exclude<Destination, { kind: "none" }>;

interface Entry {
  readonly chosen: Chosen;
  readonly connections: Set<UpstreamConnection>;
  readonly waiting: Set<StreamOwner>;
  dialCount: number;
  readonly guard: ServiceGuard | undefined;
  /** Its key. */
  readonly endpoint: string;
}

/** To one endpoint, for one service. */
const CONNECTIONS_MAX = 8;
/** Requests that wait for one of them. */
const WAITING_MAX = 1000;
/** A connection without a request between two looks is closed. */
const LOOK_MS = 30_000;

export class UpstreamPool {
  private readonly context: ProxyContext;
  private readonly deps: SessionDeps;
  private readonly entries = new Map<string, Entry>();
  private cancelLooks: (() => void) | undefined;
  private isClosed = false;
  /** Which had a request last. */
  private newest: UpstreamConnection | undefined;
  /** By which the last request went. */
  private table: RouteTable | undefined;

  constructor(context: ProxyContext, deps: SessionDeps) {
    this.context = context;
    this.deps = deps;
  }

  /** Chooses an endpoint that the request has not tried, and gives the request to a connection, an old or a new one. */
  steer(relay: StreamOwner, steering: Steering): void {
    const answer = this.refusalOf(relay, steering) ?? this.placed(relay, steering);
    if (answer !== undefined) relay.answer(answer);
  }

  private refusalOf({ isNew }: StreamOwner, { asked, course }: Steering): OwnAnswer | undefined {
    return isNew ? limitOf(this.context, asked, course) : undefined;
  }

  /** @returns how the request is answered where there is no endpoint for it. */
  private placed(relay: StreamOwner, steering: Steering): OwnAnswer | undefined {
    relay.hop = steering.hop;
    relay.route = steering.route;
    if (steering.table !== this.table) this.leaveOldPaths(steering.table);
    const guard = guardOf(this.context, steering.course);
    const hasRoomAt = guard && ((key: string) => guard.occupancy.hasRequestRoomAt(key));
    const dial = { ...this.dialOf(steering), hasRoomAt };
    const chosen = this.kept(relay, steering) ?? this.choose(relay, dial);
    if (chosen.kind === "none" && guard !== undefined && isFull(dial, relay.tried)) {
      guard.limit("max_parallel_requests");
      return parallelAnswer(guard);
    }
    if (chosen.kind === "none") {
      this.context.own.refuseConnection("no_endpoint");
      return noEndpoint(chosen.reason);
    }
    const entry = this.entryFor(chosen, steering);
    if (this.give(relay, entry)) return undefined;
    if (entry.waiting.size >= WAITING_MAX) {
      const reason = "too many requests wait for a connection";
      return { statusCode: 503, code: "too-many-requests", reason };
    }
    if (guard?.occupancy.hasPendingRoom === false) {
      guard.limit("max_pending_requests");
      return pendingAnswer(guard);
    }
    this.wait(entry, relay);
    if (entry.dialCount === 0) this.open(entry, chosen, steering);
    return undefined;
  }

  private choose(relay: StreamOwner, dial: MeshDial): Destination {
    const chosen = chooseUntried(this.context, dial, relay.tried);
    if (chosen.kind !== "none" || relay.tried.size === 0 || !relay.mayTryAgain) return chosen;
    relay.tried.clear();
    return chooseUntried(this.context, dial, relay.tried);
  }

  /** Of the newest request on a path, while its connection is there. */
  get place(): FlowPlace | undefined {
    const { newest } = this;
    return newest?.hop === undefined || newest.isClosed ? undefined : flowPlaceAt(newest.hop, newest.pod);
  }

  /** Ends those that carry nothing, and resets the others. */
  close(): void {
    this.isClosed = true;
    this.cancelLooks?.();
    this.cancelLooks = undefined;
    for (const { connections } of this.entries.values()) {
      for (const connection of connections) if (connection.isIdle) connection.leave();
      for (const connection of connections) if (!connection.isIdle) connection.cut();
    }
  }

  /** Requests that are under way stay where they are. */
  private leaveOldPaths(table: RouteTable): void {
    this.table = table;
    for (const { chosen, connections } of this.entries.values()) {
      const isOver = chosen.kind === "path" && !table.hasPath(chosen.servicePath.spi);
      if (isOver) for (const connection of connections) connection.leave();
    }
  }

  /** On a path a flow stays with its instance while that is there, also when a newcomer would be chosen now. */
  private kept({ tried }: StreamOwner, { course: { path } }: Steering): Chosen | undefined {
    if (path === undefined) return undefined;
    const { spi, next } = path.path;
    for (const entry of this.entries.values()) {
      const { chosen } = entry;
      if (chosen.kind !== "path" || chosen.servicePath.spi !== spi || stayingCount(entry) === 0) continue;
      const key = endpointKey(chosen.endpoint);
      if (!tried.has(key) && next.some((listed) => endpointKey(listed) === key)) return chosen;
    }
    return undefined;
  }

  private give(relay: StreamOwner, { connections }: Entry): boolean {
    for (const connection of connections) {
      if (!connection.hasRoom || !relay.attach(connection)) continue;
      this.newest = connection;
      return true;
    }
    return false;
  }

  private open(entry: Entry, chosen: Chosen, steering: Steering): void {
    if (stayingCount(entry) + entry.dialCount >= CONNECTIONS_MAX) return;
    entry.dialCount++;
    const { context, deps } = this;
    const { hop, course } = steering;
    const failed = (error: unknown) => ({ kind: "failed", by: "no_endpoint", reason: messageOf(error) }) as const;
    const dial = this.dialOf(steering);
    const copies = openCopies(context, { ...dial, taps: course.path?.taps ?? [], ttl: ttlFirst });
    if (hop !== undefined) hop.connectionCount++;
    const startMs = context.clock.nowMs();
    // Another only when the one that was chosen does not take the connection.
    void dialMesh(context, { ...dial, choose: preferring(dial.choose, chosen) })
      .catch(failed)
      .then((connection) => {
        entry.dialCount--;
        if (connection.kind === "failed") {
          dropCopies(copies);
          context.own.refuseConnection(connection.by);
          this.failWaiting(entry, connection.reason, connection.by.replaceAll("_", "-"));
          return;
        }
        if (this.isClosed) {
          dropCopies(copies);
          connection.socket.reset();
          return;
        }
        hop?.connectionAnswerMs.observe(context.clock.nowMs() - startMs);
        const taken = { ...chosen, endpoint: connection.endpoint };
        const own = this.entryFor(taken, steering);
        for (const relay of own === entry ? [] : [...entry.waiting]) {
          this.leave(entry, relay);
          this.wait(own, relay);
        }
        this.add(own, new UpstreamConnection(context, { connection, deps, hop, copies }));
        if (own.waiting.size > 0) this.open(own, taken, steering);
      });
  }

  private add(entry: Entry, connection: UpstreamConnection): void {
    entry.connections.add(connection);
    connection.onRoom = () => {
      if (connection.isClosed) entry.connections.delete(connection);
      if (entry.waiting.size > 0) this.serve(entry);
    };
    this.cancelLooks ??= this.context.clock.every(LOOK_MS, () => this.look());
    this.serve(entry);
  }

  private serve(entry: Entry): void {
    for (const relay of entry.waiting) {
      if (!relay.isOver && !this.give(relay, entry)) break;
      this.leave(entry, relay);
    }
    if (entry.dialCount === 0) this.failWaiting(entry, "the endpoint's connections ended");
  }

  /** Where a connection stays, there will be room on it. */
  private failWaiting(entry: Entry, reason: string, code = "no-endpoint"): void {
    if (stayingCount(entry) > 0) return;
    const waiting = [...entry.waiting];
    for (const relay of waiting) this.leave(entry, relay);
    for (const relay of waiting) relay.answer({ ...noEndpoint(reason), code });
  }

  private wait({ waiting, guard, endpoint }: Entry, relay: StreamOwner): void {
    waiting.add(relay);
    if (guard === undefined) return;
    guard.occupancy.pendingCount++;
    guard.occupancy.requestBegan(endpoint);
  }

  private leave({ waiting, guard, endpoint }: Entry, relay: StreamOwner): void {
    if (!waiting.delete(relay) || guard === undefined) return;
    guard.occupancy.pendingCount--;
    guard.occupancy.requestEnded(endpoint);
  }

  private look(): void {
    for (const [key, entry] of this.entries) {
      for (const connection of entry.connections) {
        if (!connection.wasUsed && connection.isIdle) connection.leave();
        connection.wasUsed = false;
      }
      if (entry.connections.size === 0 && entry.dialCount === 0 && entry.waiting.size === 0) this.entries.delete(key);
    }
  }

  private entryFor(chosen: Chosen, { course, source }: Steering): Entry {
    const { namespace, service } = course.upstream;
    const spi = chosen.kind === "path" ? chosen.servicePath.spi : "";
    const ownKey = endpointKey(chosen.endpoint);
    const key = `${ownKey} ${namespace}/${service} ${source.address} ${spi}`;
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const guard = guardOf(this.context, course);
    const entry: Entry = { chosen, connections: new Set(), waiting: new Set(), dialCount: 0, guard, endpoint: ownKey };
    this.entries.set(key, entry);
    return entry;
  }

  private dialOf({ table, course, source, preferred }: Steering): MeshDial {
    const { upstream: service, path } = course;
    const proof = path?.path.isProved === true ? beginTransit(path.path.spi) : undefined;
    const chooseAny: MeshDial["choose"] = (isExcluded, isAsking) =>
      chooseDestination(course, { source, uniform: this.context.random(), isAsking }, isExcluded);
    const choose = preferring(chooseAny, preferred && { kind: "endpoint", endpoint: preferred });
    const guard = guardOf(this.context, course);
    const hasRoomAt = guard && ((key: string) => guard.occupancy.hasConnectionRoomAt(key));
    return { table, source, mode: "connection", service, proof, protocol: "h2c", choose, guard, hasRoomAt };
  }
}

function noEndpoint(reason: string): OwnAnswer {
  return { statusCode: 503, code: "no-endpoint", reason };
}

function stayingCount({ connections }: Entry): number {
  let count = 0;
  for (const { isLeaving } of connections) if (!isLeaving) count++;
  return count;
}
