/** Leadership by a Lease, with the rules of client-go: https://pkg.go.dev/k8s.io/client-go/tools/leaderelection */
import { messageOf } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Leadership } from "../../core/ports/leadership.ts";
import type { Log } from "../../core/ports/log.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";
import { createLead } from "./lead.ts";
import { createLeaseAccess } from "./lease-access.ts";
import { defaultLeaseTiming, type LeaseTiming } from "./lease-timing.ts";
import { pause } from "./pause.ts";

export interface LeaseLeadershipOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly log: Log;
  /** In [0, 1). */
  readonly random: () => number;
  readonly namespace: string;
  /** Of the Lease; the same for all replicas. */
  readonly name: string;
  /** Of this replica; no other has the same, not even after a restart. */
  readonly identity: string;
  readonly timing?: LeaseTiming;
}

const jitterFactor = 1.2;

/** Tries for the lead at once and for as long as it runs; a lead that was lost is tried for again. */
export function startLeaseLeadership(options: LeaseLeadershipOptions): Leadership {
  const { clock, random, timing = defaultLeaseTiming } = options;
  const lead = createLead(options);
  const lease = createLeaseAccess({ ...options, timing });
  const stopping = new AbortController();
  const { signal } = stopping;

  async function attempt(): Promise<void> {
    const startedMs = clock.nowMs();
    try {
      const outcome = await lease.acquireOrRenew(signal);
      if (signal.aborted) return;
      if (outcome === "other") lead.lose("another replica holds the lease");
      else lead.holdUntil(startedMs + timing.renewDeadlineMs);
    } catch (error) {
      if (!signal.aborted) lead.fail(messageOf(error));
    }
  }

  async function runUntilStopped(): Promise<void> {
    while (!signal.aborted) {
      await attempt();
      const jitter = lead.isLeader() ? 0 : jitterFactor * random();
      await pause(clock, timing.retryMs * (1 + jitter), signal);
    }
  }

  async function stop(): Promise<void> {
    stopping.abort();
    await done;
    lead.lose("this replica stops");
    await lease.release().catch((error) => lead.fail(`the lease was not released: ${messageOf(error)}`));
  }

  const done = runUntilStopped();
  let stopped: Promise<void> | undefined;
  return {
    get isLeader() {
      return lead.isLeader();
    },
    subscribe: lead.subscribe,
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
