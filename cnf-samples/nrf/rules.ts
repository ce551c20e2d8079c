/** The NRF's memory: who is registered, until when, and who may be found. Time is an argument. */
import { z } from "zod";
import type { NfProfile } from "../sbi/nf-profile.ts";
import { created, noContent, ok, problem, type SbiReply } from "../sbi/problem-details.ts";

export interface NrfLimits {
  readonly heartbeatSeconds: number;
  readonly validitySeconds: number;
  readonly instancesMax: number;
}

export const heartbeatPatch = z
  .array(z.looseObject({ op: z.enum(["replace", "add"]), path: z.string().max(256), value: z.unknown() }))
  .min(1)
  .max(16);

export const discoveryQuery = z.looseObject({
  "target-nf-type": z.string().min(1).max(32),
  "requester-nf-type": z.string().min(1).max(32),
  "service-names": z.string().max(512).optional(),
});

interface Registration {
  readonly profile: NfProfile;
  readonly heardMs: number;
}

/** An instance not heard of for this many heartbeat intervals is suspended (TS 29.510 clause 5.2.2.3.2). */
const missedHeartbeatsMax = 2;
/** A suspended instance is forgotten after this many more. */
const forgottenAfterHeartbeats = 20;

export class NfRegistry {
  readonly #registrations = new Map<string, Registration>();
  readonly #limits: NrfLimits;

  constructor(limits: NrfLimits) {
    this.#limits = limits;
  }

  register(nfInstanceId: string, profile: NfProfile, nowMs: number): SbiReply {
    if (profile.nfInstanceId !== nfInstanceId) {
      const reason = "differs from the instance in the path";
      return problem(400, "MANDATORY_IE_INCORRECT", reason, [{ param: "/nfInstanceId", reason }]);
    }
    const isNew = !this.#registrations.has(nfInstanceId);
    if (isNew) this.#forgetLost(nowMs);
    if (isNew && this.#registrations.size >= this.#limits.instancesMax) {
      return problem(503, "NF_CONGESTION", `${this.#limits.instancesMax} instances are registered`);
    }
    const stored = { ...profile, heartBeatTimer: this.#limits.heartbeatSeconds };
    this.#registrations.set(nfInstanceId, { profile: stored, heardMs: nowMs });
    return isNew ? created(`/nnrf-nfm/v1/nf-instances/${nfInstanceId}`, stored) : ok(stored);
  }

  /** Any patch proves that the instance lives; `/nfStatus` and `/load` are the ones it may change. */
  heartbeat(nfInstanceId: string, patch: z.output<typeof heartbeatPatch>, nowMs: number): SbiReply {
    const known = this.#registrations.get(nfInstanceId);
    if (!known) return unknownInstance(nfInstanceId);
    let profile: NfProfile = known.profile;
    for (const [index, { path, value }] of patch.entries()) {
      if (path === "/nfStatus" && isStatus(value)) profile = { ...profile, nfStatus: value };
      else if (path === "/load" && isLoad(value)) profile = { ...profile, load: value };
      else {
        const reason = "only /nfStatus and /load (0 to 100) can be patched";
        return problem(400, "MANDATORY_IE_INCORRECT", reason, [{ param: `/${index}`, reason }]);
      }
    }
    this.#registrations.set(nfInstanceId, { profile, heardMs: nowMs });
    return noContent;
  }

  deregister(nfInstanceId: string): SbiReply {
    return this.#registrations.delete(nfInstanceId) ? noContent : unknownInstance(nfInstanceId);
  }

  profile(nfInstanceId: string): SbiReply {
    const known = this.#registrations.get(nfInstanceId);
    return known ? ok(known.profile) : unknownInstance(nfInstanceId);
  }

  /** SearchResult (TS 29.510 clause 6.2.6.2.2): registered instances heard of lately. */
  discover(query: z.output<typeof discoveryQuery>, nowMs: number): SbiReply {
    const names = query["service-names"]?.split(",");
    const nfInstances = [...this.#registrations.values()]
      .filter((registration) => this.#isAlive(registration, nowMs, missedHeartbeatsMax))
      .map(({ profile }) => profile)
      .filter((profile) => profile.nfType === query["target-nf-type"] && profile.nfStatus === "REGISTERED")
      .filter((profile) => !names || profile.nfServices?.some((service) => names.includes(service.serviceName)));
    return ok({ validityPeriod: this.#limits.validitySeconds, nfInstances });
  }

  /** Registered instances by type, the suspended ones included. */
  countByType(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { profile } of this.#registrations.values()) counts[profile.nfType] = (counts[profile.nfType] ?? 0) + 1;
    return counts;
  }

  #isAlive(registration: Registration, nowMs: number, heartbeats: number): boolean {
    return nowMs - registration.heardMs <= heartbeats * this.#limits.heartbeatSeconds * 1000;
  }

  #forgetLost(nowMs: number): void {
    for (const [id, registration] of this.#registrations) {
      if (!this.#isAlive(registration, nowMs, forgottenAfterHeartbeats)) this.#registrations.delete(id);
    }
  }
}

function isStatus(value: unknown): value is NfProfile["nfStatus"] {
  return value === "REGISTERED" || value === "SUSPENDED" || value === "UNDISCOVERABLE";
}

function isLoad(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 100;
}

function unknownInstance(nfInstanceId: string): SbiReply {
  return problem(404, "RESOURCE_NOT_FOUND", `no NF instance ${nfInstanceId.slice(0, 64)} is registered`);
}
