/** The Lease object; its resource version lets one of two writers win. */
import type { Clock } from "../../core/ports/clock.ts";
import { bodyOf } from "./api-failure.ts";
import { isRecord } from "./api-object.ts";
import type { KubernetesClient } from "./kubernetes-client.ts";
import {
  type Claim,
  claimedSpec,
  isHeldByOther,
  type LeaseSpec,
  leaseSpecOf,
  type Observation,
  observe,
  releasedSpec,
} from "./lease-record.ts";
import type { LeaseTiming } from "./lease-timing.ts";

export interface LeaseAccessOptions {
  readonly client: KubernetesClient;
  readonly clock: Clock;
  readonly namespace: string;
  readonly name: string;
  readonly identity: string;
  readonly timing: LeaseTiming;
}

export interface LeaseAccess {
  /** @throws WeftError kubernetes-unavailable, kubernetes-conflict when another replica wrote first */
  acquireOrRenew(signal: AbortSignal): Promise<"held" | "other">;
  /** Also after a write whose answer never came. @throws WeftError kubernetes-* */
  release(): Promise<void>;
}

export function createLeaseAccess(options: LeaseAccessOptions): LeaseAccess {
  const { client, clock, namespace, name, identity, timing } = options;
  const collection = `/apis/coordination.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/leases`;
  const path = `${collection}/${encodeURIComponent(name)}`;
  const { leaseDurationMs } = timing;
  // A request that hangs leaves time for another before the deadline.
  const timeoutMs = timing.renewDeadlineMs / 2;
  const what = `lease ${namespace}/${name}`;
  let observed: Observation | undefined;

  const claim = (): Claim => ({ identity, leaseDurationMs, nowMs: clock.nowMs() });

  async function read(signal?: AbortSignal): Promise<unknown> {
    const answer = await client.request({ path, timeoutMs, ...(signal && { signal }) });
    return answer.statusCode === 404 ? undefined : bodyOf(what, answer);
  }

  async function write(lease: unknown, spec: LeaseSpec, signal?: AbortSignal): Promise<void> {
    const body = { ...(isRecord(lease) ? lease : {}), spec };
    bodyOf(what, await client.request({ method: "PUT", path, body, timeoutMs, ...(signal && { signal }) }));
  }

  async function create(spec: LeaseSpec, signal: AbortSignal): Promise<void> {
    const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { namespace, name }, spec };
    bodyOf(what, await client.request({ method: "POST", path: collection, body, timeoutMs, signal }));
  }

  return {
    async acquireOrRenew(signal: AbortSignal): Promise<"held" | "other"> {
      const lease = await read(signal);
      if (lease === undefined) {
        await create(claimedSpec(undefined, claim()), signal);
        return "held";
      }
      const before = leaseSpecOf(lease);
      observed = observe(observed, before, clock.nowMs());
      if (isHeldByOther(observed, claim())) return "other";
      await write(lease, claimedSpec(before, claim()), signal);
      return "held";
    },
    async release(): Promise<void> {
      const lease = await read();
      const before = leaseSpecOf(lease);
      if (before.holderIdentity === identity) await write(lease, releasedSpec(before, clock.nowMs()));
    },
  };
}
