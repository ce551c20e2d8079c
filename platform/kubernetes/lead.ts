/** Whether this replica leads now. The lead ends by itself when nobody renews it in time, even while a request hangs. */
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";

export interface LeadOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Of the Lease. */
  readonly name: string;
  readonly identity: string;
}

export interface Lead {
  isLeader(): boolean;
  holdUntil(deadlineMs: number): void;
  lose(reason: string): void;
  /** Says it once, as long as it stays the same. */
  fail(message: string): void;
  subscribe(listener: (isLeader: boolean) => void): () => void;
}

export function createLead({ clock, log, name, identity }: LeadOptions): Lead {
  const listeners = new Set<(isLeader: boolean) => void>();
  let isLeader = false;
  let heldUntilMs = 0;
  let cancelDeadline: (() => void) | undefined;
  let lastFailure = "";

  function change(next: boolean, reason: string): void {
    if (isLeader === next) return;
    isLeader = next;
    log.info(next ? "leading" : "not leading any more", { lease: name, identity, reason });
    for (const listener of [...listeners]) listener(next);
  }

  function lose(reason: string): void {
    cancelDeadline?.();
    cancelDeadline = undefined;
    change(false, reason);
  }

  return {
    // The timer is late where something long has kept the process busy.
    isLeader: () => isLeader && clock.nowMs() < heldUntilMs,
    lose,
    holdUntil(deadlineMs: number): void {
      const leftMs = deadlineMs - clock.nowMs();
      if (leftMs <= 0) return;
      lastFailure = "";
      heldUntilMs = deadlineMs;
      cancelDeadline?.();
      cancelDeadline = clock.after(leftMs, () => lose("the lease could not be renewed in time"));
      change(true, "the lease is held");
    },
    fail(message: string): void {
      if (message !== lastFailure)
        log.warn("the lease was neither acquired nor renewed", { lease: name, identity, message });
      lastFailure = message;
    },
    subscribe(listener: (isLeader: boolean) => void): () => void {
      const own = (next: boolean) => listener(next);
      listeners.add(own);
      return () => listeners.delete(own);
    },
  };
}
