/** The proxy's counters of its own doings. */

import type { LimitReason } from "../guard/service-guard.ts";
import type { TapLoss } from "../relay/tap.ts";
import { AuthorizationTable } from "./authorization-table.ts";

/** Rules that have a count at a time. */
const AUTHORIZATIONS_MAX = 1000;

export type RefusalReason =
  | "not_a_peer"
  | "not_proxy_protocol"
  | "malformed_preface"
  | "preface_timeout"
  | "closed_in_preface"
  | "forbidden_port"
  | "unknown_path"
  | "connection_limit"
  | "draining"
  | "no_snapshot"
  | "proof_failed"
  | "no_endpoint"
  | "ttl_expired"
  /** Another proxy further on said so. */
  | "ttl_expired_ahead"
  | "app_refused"
  | "function_refused"
  /** A function that re-classifies named no path, or none that it was offered. */
  | "function_misroutes"
  /** In plaintext where only TLS is taken. */
  | "tls_required"
  /** Under TLS where only plaintext is taken. */
  | "tls_unwanted"
  | "tls_failed"
  /** The certificate is sound, and not of the pod whose address it came from. */
  | "tls_identity"
  | "access_denied"
  /** It came to where intercepted connections come, and was not redirected there, or is the proxy's own. */
  | "not_intercepted"
  /** Where the mesh knows no Service, and that is refused. */
  | "unknown_destination"
  | "unreachable_destination"
  /** A limit of the Service's traffic policy, or of the pod's own ports. */
  | LimitReason;

export type HandshakeSide = "accepted" | "dialled";

export type CopyLoss = TapLoss | "limit";

export class OwnMetrics {
  readonly refusedConnections = new Map<string, number>();
  readonly refusedRequests = new Map<string, number>();
  readonly refusedDials = new Map<string, number>();
  readonly lostCopies = new Map<string, number>();
  /** By side and result. */
  readonly handshakes = new Map<string, { readonly side: string; readonly result: string; count: number }>();
  readonly authorizations = new AuthorizationTable(AUTHORIZATIONS_MAX);
  readonly certificateReloads = new Map<string, number>();
  connectFailureCount = 0;
  knockCount = 0;
  silentEndpointCount = 0;
  listenFailureCount = 0;
  bypassedCount = 0;
  lostCopyByteCount = 0;
  unfollowedCount = 0;
  idleClosedCount = 0;
  failedFlowCount = 0;
  acceptedSnapshotCount = 0;
  rejectedSnapshotCount = 0;
  reconnectCount = 0;
  unnamedConnectionCount = 0;
  probeCount = 0;

  refuseConnection(reason: RefusalReason): void {
    add(this.refusedConnections, reason);
  }

  refuseDial(verdict: "refused" | "stranded" | "expired"): void {
    add(this.refusedDials, verdict);
  }

  countHandshake(side: HandshakeSide, result: "full" | "resumed" | "failed"): void {
    const key = `${side} ${result}`;
    const known = this.handshakes.get(key);
    if (known === undefined) this.handshakes.set(key, { side, result, count: 1 });
    else known.count++;
  }

  countReload(verdict: "accepted" | "rejected"): void {
    add(this.certificateReloads, verdict);
  }

  loseCopy(loss: CopyLoss): void {
    add(this.lostCopies, loss);
  }

  refuseRequest(statusCode: number): void {
    add(this.refusedRequests, String(statusCode));
  }
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
