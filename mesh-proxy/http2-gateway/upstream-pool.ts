/**
 * Connections to the endpoints of h2c upstreams, kept for the requests of all clients of the pod. They are shared by requests to
 * one service, on one endpoint, from one client address: all that the PROXY header in front of a connection says but the port.
 */
import { messageOf } from "../../core/model/weft-error.ts";
import type { SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { chooseDestination, type Destination } from "../route/choose-destination.ts";
import type { Course, RouteTable } from "../route/route-table.ts";
import { chooseUntried, dialMesh, type MeshDial } from "../steer/dial-mesh.ts";
import { endpointKey } from "../steer/ejections.ts";
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
    const dial = this.dialOf(steering);
    const chosen = this.choose(relay, dial);
    if (chosen.kind !== "endpoint") {
      const reason = chosen.kind === "none" ? chosen.reason : "the service is on a path";
      this.context.own.refuseConnection("no_endpoint");
      relay.answer({ statusCode: 503, code: "no-endpoint", reason });
      return;
    }
    const entry = this.entryFor(chosen, steering);
    for (const connection of entry.connections) if (connection.hasRoom && relay.attach(connection)) return;
    if (entry.waiting.size >= WAITING_MAX) {
      relay.answer({ statusCode: 503, code: "too-many-requests", reason: "too many requests wait for a connection" });
      return;
    }
    entry.waiting.add(relay);
    if (entry.dialCount === 0) this.open(entry, chosen, steering);
  }

  private choose(relay: StreamRelay, dial: MeshDial): Destination {
    const chosen = chooseUntried(this.context, dial, relay.tried);
    if (chosen.kind !== "none" || relay.tried.size === 0 || !relay.mayTryAgain) return chosen;
    relay.tried.clear();
    return chooseUntried(this.context, dial, relay.tried);
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
        this.failWaiting(entry, result.reason);
        return;
      }
      const own = this.entryFor({ kind: "endpoint", endpoint: result.endpoint }, steering);
      for (const relay of own === entry ? [] : entry.waiting) own.waiting.add(relay);
      if (own !== entry) entry.waiting.clear();
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
      entry.waiting.delete(relay);
    }
    if (entry.dialCount === 0) this.failWaiting(entry, "the endpoint's connections ended");
  }

  /** Where a connection stays, there will be room on it. */
  private failWaiting(entry: Entry, reason: string): void {
    if (stayingCount(entry) > 0) return;
    const waiting = [...entry.waiting];
    entry.waiting.clear();
    for (const relay of waiting) relay.answer({ statusCode: 503, code: "no-endpoint", reason });
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
    const key = `${endpointKey(endpoint)} ${namespace}/${service} ${source.address}`;
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = { connections: new Set(), waiting: new Set(), dialCount: 0 };
    this.entries.set(key, entry);
    return entry;
  }

  private dialOf({ table, course, source }: Steering): MeshDial {
    const { upstream: service } = course;
    const choose: MeshDial["choose"] = (isExcluded, isAsking) =>
      chooseDestination(course, { source, uniform: this.context.random(), isAsking }, isExcluded);
    return { table, source, mode: "connection", service, protocol: "h2c", choose };
  }
}

/** The endpoint that was chosen first, and another only when that one does not take the connection. */
function preferring(dial: MeshDial, chosen: Endpoint): MeshDial {
  return {
    ...dial,
    choose: (isExcluded, isAsking) => (isExcluded(chosen.endpoint) ? dial.choose(isExcluded, isAsking) : chosen),
  };
}

function stayingCount({ connections }: Entry): number {
  let count = 0;
  for (const { isLeaving } of connections) if (!isLeaving) count++;
  return count;
}
