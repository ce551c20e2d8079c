/** The proxy's counters of its own doings. */
import type { TapLoss } from "../relay/tap.ts";

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
  | "function_misroutes";

export type CopyLoss = TapLoss | "limit";

export class OwnMetrics {
  readonly refusedConnections = new Map<string, number>();
  readonly refusedRequests = new Map<string, number>();
  readonly refusedDials = new Map<string, number>();
  readonly lostCopies = new Map<string, number>();
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
