/** The session of the request in hand, where its route keeps sessions with their endpoints. */
import { Buffer } from "node:buffer";
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { HeaderLine } from "../../core/model/request-rule.ts";
import type { HeadChanges } from "../codec/http1/head-changes.ts";
import type { FieldChanges } from "../codec/http2/field-changes.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { RequestHead } from "../route/match/request-head.ts";
import type { Course } from "../route/route-table.ts";
import type { HeldSession, SessionRoute } from "../route/session/session-route.ts";
import { endpointKey } from "../steer/breakers.ts";
import { isPassedOver } from "../steer/dial-mesh.ts";

export class RequestSession {
  readonly held: HeldSession<Course> | undefined;

  private readonly context: ProxyContext;
  private readonly route: SessionRoute<Course>;

  constructor(context: ProxyContext, route: SessionRoute<Course>, head: RequestHead) {
    this.context = context;
    this.route = route;
    this.held = route.find(head, this.nowS);
  }

  /** Whether a connection to `endpoint` may carry it: while the one that holds the session may be chosen, no other. */
  allows(endpoint: WeightedEndpoint | undefined): boolean {
    const { held, context } = this;
    if (held === undefined) return true;
    if (endpoint !== undefined && endpointKey(endpoint) === endpointKey(held.endpoint)) return true;
    return isPassedOver(context, held.of, held.endpoint);
  }

  /** What the answer of `endpoint` tells the client; undefined where that is nothing new. */
  lineFor(endpoint: WeightedEndpoint): HeaderLine | undefined {
    return this.route.lineFor(this.held, endpoint, this.nowS);
  }

  private get nowS(): number {
    return Math.floor(this.context.clock.nowMs() / 1000);
  }
}

/** Undefined where the course is of no rule that keeps sessions. */
export function sessionOf(
  context: ProxyContext,
  { sessions }: Course,
  head: () => RequestHead,
): RequestSession | undefined {
  return sessions === undefined ? undefined : new RequestSession(context, sessions, head());
}

/** A cookie stands beside others, and a header of the session's own in place of the application's. */
export function headChangesWith(changes: HeadChanges | undefined, { name, value }: HeaderLine): HeadChanges {
  const { removed = [], added } = changes ?? {};
  const line = Buffer.from(`${name}: ${value}\r\n`, "latin1");
  return {
    removed: name === "set-cookie" ? removed : [...removed, Buffer.from(name, "latin1")],
    added: added === undefined ? line : Buffer.concat([added, line]),
  };
}

/** The same on HTTP/2. */
export function fieldChangesWith(changes: FieldChanges | undefined, { name, value }: HeaderLine): FieldChanges {
  const { removed = [], added = [] } = changes ?? {};
  const replaced = name === "set-cookie" ? removed : [...removed, name];
  return { removed: new Set(replaced), added: [...added, name, value], host: undefined, target: undefined };
}
