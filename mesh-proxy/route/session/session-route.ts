/** Which endpoint of a rule's backends a session is held by, and what its client is told of it. */
import type { WeightedEndpoint } from "../../../core/model/mesh-snapshot.ts";
import type { HeaderLine, SessionPersistence } from "../../../core/model/request-rule.ts";
import type { RequestHead } from "../match/request-head.ts";
import { sessionReader } from "./session-text.ts";
import { formatSessionToken, parseSessionToken, type SessionTimes } from "./session-token.ts";

/** A session that goes on. */
export interface HeldSession<T> {
  /** The backend's. */
  readonly of: T;
  readonly endpoint: WeightedEndpoint;
  readonly times: SessionTimes | undefined;
}

export interface SessionRoute<T> {
  readonly policy: SessionPersistence;
  /** Undefined where the request brings none, it is over, or its endpoint is gone. */
  find(head: RequestHead, nowS: number): HeldSession<T> | undefined;
  /**
   * What goes into the answer that `endpoint` gave; undefined where the client knows it. Also when another endpoint stood in, the
   * session stays with the one that holds it.
   */
  lineFor(held: HeldSession<T> | undefined, endpoint: WeightedEndpoint, nowS: number): HeaderLine | undefined;
}

export interface SessionBackend<T> {
  readonly of: T;
  readonly endpoints: readonly WeightedEndpoint[];
}

/** An answer that comes this part of the idle time after the last one that said so says when it came. */
const IDLE_PART_SAID = 0.1;

/** @param nameOf sixteen hexadecimal digits that stand for a pod */
export function sessionRoute<T>(
  policy: SessionPersistence,
  backends: readonly SessionBackend<T>[],
  nameOf: (pod: string) => string,
): SessionRoute<T> {
  const read = sessionReader(policy);
  const byName = new Map<string, { readonly of: T; readonly endpoint: WeightedEndpoint }>();
  for (const { of, endpoints } of backends)
    for (const endpoint of endpoints) byName.set(nameOf(endpoint.pod), { of, endpoint });
  const endsBySelf = policy.absoluteMs !== undefined || policy.idleMs !== undefined;
  return {
    policy,
    find(head, nowS) {
      const text = read(head);
      const token = text === undefined ? undefined : parseSessionToken(text);
      const holder = token && byName.get(token.endpoint);
      if (token === undefined || holder === undefined) return undefined;
      if (endsBySelf && (token.times === undefined || isOver(policy, token.times, nowS))) return undefined;
      return { ...holder, times: endsBySelf ? token.times : undefined };
    },
    lineFor(held, endpoint, nowS) {
      if (held !== undefined && !isStale(policy, held.times, nowS)) return undefined;
      const beganS = held?.times?.beganS ?? nowS;
      const times = endsBySelf ? { beganS, answeredS: nowS } : undefined;
      const text = formatSessionToken({ endpoint: nameOf((held?.endpoint ?? endpoint).pod), times });
      return lineOf(policy, text, nowS - beganS);
    },
  };
}

/** Times of proxies whose clocks go before ours lie ahead, and are not over. */
function isOver(
  { absoluteMs, idleMs }: SessionPersistence,
  { beganS, answeredS }: SessionTimes,
  nowS: number,
): boolean {
  const isTooOld = absoluteMs !== undefined && (nowS - beganS) * 1000 > absoluteMs;
  return isTooOld || (idleMs !== undefined && (nowS - answeredS) * 1000 > idleMs);
}

function isStale({ idleMs }: SessionPersistence, times: SessionTimes | undefined, nowS: number): boolean {
  if (idleMs === undefined || times === undefined) return false;
  return (nowS - times.answeredS) * 1000 > idleMs * IDLE_PART_SAID;
}

function lineOf(
  { carrier, name, absoluteMs, isPermanent }: SessionPersistence,
  text: string,
  ageS: number,
): HeaderLine {
  if (carrier === "header") return { name, value: text };
  const leftS = Math.max(0, Math.ceil((absoluteMs ?? 0) / 1000) - ageS);
  const lifetime = isPermanent === true ? `; Max-Age=${leftS}` : "";
  return { name: "set-cookie", value: `${name}=${text}; Path=/; HttpOnly${lifetime}` };
}
