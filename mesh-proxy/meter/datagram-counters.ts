/** What the proxy did to datagrams that it did not pass on, or could not read. */

export type DatagramLoss =
  | "not_a_peer"
  | "malformed_header"
  | "forbidden_port"
  /** It is on a chain's path, and chains take no datagrams. */
  | "unknown_path"
  | "no_snapshot"
  | "no_endpoint"
  | "session_limit"
  | "draining"
  /** With the header between proxies it is longer than a datagram can be. */
  | "too_large"
  /** Too many wait until a socket is open, or for the kernel to take them. */
  | "queue_full"
  | "send_failed"
  /** An answer to a client that is gone. */
  | "unknown_flow";

export class DatagramCounters {
  readonly lost = new Map<DatagramLoss, number>();
  /** By what is wrong with its GTP-U or PFCP. */
  readonly unfollowed = new Map<string, number>();
  /** Sessions that were given another endpoint, for theirs is gone or refuses. */
  rechosenCount = 0;
  /** PFCP sessions whose SEID another node has given out already. */
  seidConflictCount = 0;
  /** Times that an endpoint was found not to listen. */
  refusedEndpointCount = 0;
  idleSessionCount = 0;

  lose(reason: DatagramLoss): void {
    this.lost.set(reason, (this.lost.get(reason) ?? 0) + 1);
  }

  unfollow(problem: string): void {
    this.unfollowed.set(problem, (this.unfollowed.get(problem) ?? 0) + 1);
  }
}
