/** Who holds a coordination.k8s.io/v1 Lease, as this replica sees it by its own clock. */
import { isRecord } from "./api-object.ts";
import { microTime } from "./micro-time.ts";

export interface LeaseSpec {
  readonly holderIdentity?: string;
  readonly leaseDurationSeconds?: number;
  readonly acquireTime?: string;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

/** What was last read of the lease, and when it was first read so. Remote times are never compared with ours. */
export interface Observation {
  readonly spec: LeaseSpec;
  readonly atMs: number;
}

export interface Claim {
  readonly identity: string;
  readonly leaseDurationMs: number;
  readonly nowMs: number;
}

export function leaseSpecOf(lease: unknown): LeaseSpec {
  return isRecord(lease) && isRecord(lease.spec) ? lease.spec : {};
}

/** A lease that reads as before keeps the time at which it began to read so. */
export function observe(before: Observation | undefined, spec: LeaseSpec, nowMs: number): Observation {
  return before && isSame(before.spec, spec) ? before : { spec, atMs: nowMs };
}

/** Whether another replica may still believe that it leads. */
export function isHeldByOther({ spec, atMs }: Observation, { identity, leaseDurationMs, nowMs }: Claim): boolean {
  const { holderIdentity = "", leaseDurationSeconds } = spec;
  if (holderIdentity === "" || holderIdentity === identity) return false;
  const durationMs = leaseDurationSeconds === undefined ? leaseDurationMs : leaseDurationSeconds * 1000;
  return nowMs < atMs + durationMs;
}

/** The lease as its holder writes it, over what it was. */
export function claimedSpec(before: LeaseSpec | undefined, { identity, leaseDurationMs, nowMs }: Claim): LeaseSpec {
  const isRenewal = before?.holderIdentity === identity;
  const time = microTime(nowMs);
  const transitions = before?.leaseTransitions ?? 0;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.max(1, Math.round(leaseDurationMs / 1000)),
    acquireTime: isRenewal ? (before.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: before === undefined || isRenewal ? transitions : transitions + 1,
  };
}

/** A lease that anybody may take at once. */
export function releasedSpec(before: LeaseSpec, nowMs: number): LeaseSpec {
  const time = microTime(nowMs);
  return { ...before, holderIdentity: "", leaseDurationSeconds: 1, acquireTime: time, renewTime: time };
}

function isSame(a: LeaseSpec, b: LeaseSpec): boolean {
  return (
    a.holderIdentity === b.holderIdentity &&
    a.leaseDurationSeconds === b.leaseDurationSeconds &&
    a.acquireTime === b.acquireTime &&
    a.renewTime === b.renewTime &&
    a.leaseTransitions === b.leaseTransitions
  );
}
