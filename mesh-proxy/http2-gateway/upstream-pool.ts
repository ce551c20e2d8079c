/**
 * Connections to the endpoints of h2c upstreams, kept for the requests of all clients of the pod. They are shared by requests to
 * one service, on one endpoint, from one client address: all that the PROXY header in front of a connection says but the port.
 */
import { messageOf } from "../../core/model/weft-error.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import { guardOf, limitOf } from "../guard/admit-request.ts";
import { isFull } from "../guard/dial-limits.ts";
import { parallelAnswer, pendingAnswer } from "../guard/limit-answers.ts";
import type { ServiceGuard } from "../guard/service-guard.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { chooseDestination, type Destination } from "../route/choose-destination.ts";
import type { Course, RouteTable } from "../route/route-table.ts";
import { chooseUntried, dialMesh, type MeshDial } from "../steer/dial-mesh.ts";
import { endpointKey } from "../steer/ejections.ts";
import type { OwnAnswer } from "./own-answer.ts";
import type { SessionDeps } from "./session-socket.ts";
import type { StreamRelay } from "./stream-relay.ts";
import { UpstreamConnection } from "./upstream-connection.ts";

export interface Steering {
  readonly table: RouteTable;
  readonly course: Course;
  readonly source: SocketEndpoint;
}

type Endpoint = Extract<Destination, { kind: "endpoint" }>;

interface Entry {
  readonly connections: Set<UpstreamConnection>;
  readonly waiting: Set<StreamRelay>;
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

  constructor(context: ProxyContext, deps: SessionDeps) {
    this.context = context;
    this.deps = deps;
  }

  /** Chooses an endpoint that the request has not tried, and gives the request to a connection, an old or a new one. */
  steer(relay: StreamRelay, steering: Steering): void {
    const answer = this.refusalOf(relay, steering) ?? this.give(relay, steering);
    if (answer !== undefined) relay.answer(answer);
  }

  private refusalOf({ isNew }: StreamRelay, { course }: Steering): OwnAnswer | undefined {
    return isNew ? limitOf(this.context, course.upstream, course) : undefined;
  }

  /** @returns how the request is answered where there is none for it. */
  private give(relay: StreamRelay, steering: Steering): OwnAnswer | undefined {
    const guard = guardOf(this.context, steering.course);
    const hasRoomAt = guard && ((key: string) => guard.occupancy.hasRequestRoomAt(key));
    const dial = { ...this.dialOf(steering), hasRoomAt };
    const chosen = chooseUntried(this.context, dial, relay.tried);
    if (chosen.kind === "none" && guard !== undefined && isFull(dial, relay.tried)) {
      guard.limit("max_parallel_requests");
      return parallelAnswer(guard);
    }
    if (chosen.kind !== "endpoint") {
      this.context.own.refuseConnection("no_endpoint");
      return noEndpoint(chosen.kind === "none" ? chosen.reason : "the service is on a path");
    }
    const entry = this.entryFor(chosen, steering);
    for (const connection of entry.connections) if (connection.hasRoom && relay.attach(connection)) return undefined;
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

  /** Ends those that carry nothing, and resets the others. */
  close(): void {
    this.cancelLooks?.();
    this.cancelLooks = undefined;
    for (const { connections } of this.entries.values()) {
      for (const connection of connections) if (connection.isIdle) connection.leave();
      for (const connection of connections) if (!connection.isIdle) connection.cut();
    }
  }

  private open(entry: Entry, chosen: Endpoint, steering: Steering): void {
    if (stayingCount(entry) + entry.dialCount >= CONNECTIONS_MAX) return;
    entry.dialCount++;
    const failed = (error: unknown) => ({ kind: "failed", by: "no_endpoint", reason: messageOf(error) }) as const;
    const dialling = dialMesh(this.context, preferring(this.dialOf(steering), chosen)).catch(failed);
    void dialling.then((result) => {
      entry.dialCount--;
      if (result.kind === "failed") {
        this.context.own.refuseConnection(result.by);
        this.failWaiting(entry, result.reason, result.by.replaceAll("_", "-"));
        return;
      }
      const own = this.entryFor({ kind: "endpoint", endpoint: result.endpoint }, steering);
      for (const relay of own === entry ? [] : [...entry.waiting]) {
        this.leave(entry, relay);
        this.wait(own, relay);
      }
      this.add(own, new UpstreamConnection(this.context, result, this.deps));
      if (own.waiting.size > 0) this.open(own, { kind: "endpoint", endpoint: result.endpoint }, steering);
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
      const isTaken = relay.isOver || [...entry.connections].some((one) => one.hasRoom && relay.attach(one));
      if (!isTaken) break;
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

  private wait({ waiting, guard, endpoint }: Entry, relay: StreamRelay): void {
    waiting.add(relay);
    if (guard === undefined) return;
    guard.occupancy.pendingCount++;
    guard.occupancy.requestBegan(endpoint);
  }

  private leave({ waiting, guard, endpoint }: Entry, relay: StreamRelay): void {
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

  private entryFor({ endpoint }: Endpoint, { course, source }: Steering): Entry {
    const { namespace, service } = course.upstream;
    const ownKey = endpointKey(endpoint);
    const key = `${ownKey} ${namespace}/${service} ${source.address}`;
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const guard = guardOf(this.context, course);
    const entry: Entry = { connections: new Set(), waiting: new Set(), dialCount: 0, guard, endpoint: ownKey };
    this.entries.set(key, entry);
    return entry;
  }

  private dialOf({ table, course, source }: Steering): MeshDial {
    const { upstream: service } = course;
    const choose: MeshDial["choose"] = (isExcluded, isAsking) =>
      chooseDestination(course, { source, uniform: this.context.random(), isAsking }, isExcluded);
    const guard = guardOf(this.context, course);
    const hasRoomAt = guard && ((key: string) => guard.occupancy.hasConnectionRoomAt(key));
    return { table, source, mode: "connection", service, protocol: "h2c", choose, guard, hasRoomAt };
  }
}

/** The endpoint that was chosen first, and another only when that one does not take the connection. */
function preferring(dial: MeshDial, chosen: Endpoint): MeshDial {
  return {
    ...dial,
    choose: (isExcluded, isAsking) => (isExcluded(chosen.endpoint) ? dial.choose(isExcluded, isAsking) : chosen),
  };
}

function noEndpoint(reason: string): OwnAnswer {
  return { statusCode: 503, code: "no-endpoint", reason };
}

function stayingCount({ connections }: Entry): number {
  let count = 0;
  for (const { isLeaving } of connections) if (!isLeaving) count++;
  return count;
}
