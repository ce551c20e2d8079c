/** Asks the policies of this pod about the proxy that a connection came from: the one before this, not the first of a chain. */
import { NOTICE, type Notice } from "../codec/notice.ts";
import type { FlowFacts } from "../observe/observation.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { RuleName } from "../route/access/compile-access.ts";
import type { RequestHead } from "../route/match/request-head.ts";
import type { RouteTable } from "../route/route-table.ts";
import type { Preface } from "../steer/read-preface.ts";

export interface AuthorizedPart {
  readonly table: RouteTable;
  readonly socket: ByteSocket;
  /** Of the application, or of the function that the traffic is for. */
  readonly port: number;
  /** Where the decision is noted. */
  readonly facts: FlowFacts;
}

/** What only watches tells at most this often, by rule. */
const AUDIT_LOG_INTERVAL_MS = 1000;

/**
 * Counts what the rules say.
 * @param request absent for a connection as a whole
 * @returns why it is refused; undefined where it goes on
 */
export function accessRefusal(
  { own, clock, log, observer }: ProxyContext,
  { table, socket, port, facts }: AuthorizedPart,
  request?: RequestHead,
): string | undefined {
  const { access } = table;
  if (!access.hasRules) return undefined;
  const judgement = access.judge({ identity: socket.peer, port }, request);
  const { isAllowed, by, audits } = judgement;
  for (const rule of audits) {
    const entry = own.authorizations.count(rule);
    const nowMs = clock.nowMs();
    if (nowMs - entry.loggedAtMs < AUDIT_LOG_INTERVAL_MS) continue;
    entry.loggedAtMs = nowMs;
    log.info("traffic that a policy watches", { ...rule, source: socket.peer?.id, port, count: entry.count });
  }
  if (observer.isWatching) facts.policy = judgement;
  if (by !== undefined) own.authorizations.count(by);
  return isAllowed ? undefined : reasonOf(by);
}

/** The port that a connection or a request asks for. */
export function authorizedPort(
  table: RouteTable,
  { destination }: Preface,
  path: { readonly spi: number; readonly serviceIndex: number } | undefined,
): number {
  const hop = path === undefined || path.serviceIndex === 0 ? undefined : table.hopFor(path.spi, path.serviceIndex);
  return hop?.hop.function.port ?? destination.port;
}

/** Another proxy is not to pass this pod over for what it refuses: it takes other traffic. */
export function refusalNotice({ tlvs }: Preface): Notice | undefined {
  return tlvs.wantsNotices === true ? NOTICE.stranded : undefined;
}

function reasonOf(by: RuleName | undefined): string {
  return by === undefined || by.policy === ""
    ? "no policy allows this"
    : `rule ${by.rule} of policy ${by.policy} denies this`;
}
