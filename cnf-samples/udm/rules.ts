/** What the UDM decides: whose SUCI it is, which sequence number comes next, what a vector holds. */
import { z } from "zod";
import { homeVector, openAuts, sqnOfBytes, sqnToBytes } from "../aka/challenge.ts";
import type { MilenageKey } from "../aka/milenage.ts";
import { deconceal } from "../aka/subscriber-identity.ts";
import { problem, type SbiReply } from "../sbi/problem-details.ts";

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-fA-F]{${bytes * 2}}$`), `must be ${bytes} bytes in hex`);

/** AuthenticationInfoRequest of TS 29.503 clause 6.3.6.2.2. */
export const authenticationInfoRequest = z.looseObject({
  servingNetworkName: z
    .string()
    .regex(/^5G:mnc\d{3}\.mcc\d{3}\.3gppnetwork\.org$/, "must be 5G:mncXXX.mccXXX.3gppnetwork.org"),
  ausfInstanceId: z.guid(),
  resynchronizationInfo: z.looseObject({ rand: hex(16), auts: hex(14) }).optional(),
});
export type AuthenticationInfoRequest = z.output<typeof authenticationInfoRequest>;

/** AuthEvent of TS 29.503 clause 6.3.6.2.7. */
export const authEvent = z.looseObject({
  nfInstanceId: z.guid(),
  success: z.boolean(),
  timeStamp: z.iso.datetime(),
  authType: z.literal("5G_AKA"),
  servingNetworkName: z.string().min(1),
});

/** Amf3GppAccessRegistration of TS 29.503 clause 6.2.6.2.2. */
export const amfRegistration = z.looseObject({
  amfInstanceId: z.guid(),
  deregCallbackUri: z.string().min(1),
  guami: z.looseObject({}),
  ratType: z.string().min(1),
});

export const amfRegistrationChange = z.looseObject({ guami: z.looseObject({}), purgeFlag: z.boolean() });

/** SmfRegistration of TS 29.503 clause 6.2.6.2.4. */
export const smfRegistration = z.looseObject({
  smfInstanceId: z.guid(),
  pduSessionId: z.int().min(0).max(255),
  singleNssai: z.looseObject({ sst: z.int() }),
  plmnId: z.looseObject({ mcc: z.string(), mnc: z.string() }),
});

/** What of the UDR's AuthenticationSubscription is needed. */
export const authenticationSubscription = z.looseObject({
  authenticationMethod: z.literal("5G_AKA"),
  encPermanentKey: hex(16),
  encOpcKey: hex(16),
  algorithmId: z.literal("milenage"),
  sequenceNumber: z.looseObject({ sqn: hex(6) }),
});
export type AuthenticationSubscription = z.output<typeof authenticationSubscription>;

export type Identified =
  | { readonly kind: "subscriber"; readonly supi: string }
  | { readonly kind: "refused"; readonly reply: SbiReply };

export function identify(supiOrSuci: string): Identified {
  const found = deconceal(supiOrSuci);
  if (found.kind === "supi") return { kind: "subscriber", supi: found.supi };
  const invalid = [{ param: "supiOrSuci", reason: found.reason }];
  return { kind: "refused", reply: problem(400, "MANDATORY_IE_INCORRECT", found.reason, invalid) };
}

/** Low bits of a sequence number that hold the index IND (TS 33.102 annex C.1.1.1). */
const indexBits = 5n;

/**
 * The next 48-bit sequence number: SEQ is the time in milliseconds, or one more than the last where that is later, so that
 * replicas with data of different age still give numbers a UE accepts (time-based scheme of TS 33.102 annex C.1.1.3).
 */
export function nextSqn(last: bigint, nowMs: number): bigint {
  const sequence = last >> indexBits;
  const timed = BigInt(Math.floor(nowMs));
  return (timed > sequence ? timed : sequence + 1n) << indexBits;
}

export interface VectorRequest {
  readonly supi: string;
  readonly subscription: AuthenticationSubscription;
  readonly request: AuthenticationInfoRequest;
  readonly rand: Uint8Array;
  readonly nowMs: number;
}

export type VectorDecision =
  | { readonly kind: "vector"; readonly sqn: bigint; readonly result: Readonly<Record<string, unknown>> }
  | { readonly kind: "refused"; readonly reply: SbiReply };

/** AuthenticationInfoResult for a subscriber, and the sequence number it used up. */
export function generateVector({ supi, subscription, request, rand, nowMs }: VectorRequest): VectorDecision {
  const key = keyOf(subscription);
  const stored = sqnOfBytes(Buffer.from(subscription.sequenceNumber.sqn, "hex"));
  const last = request.resynchronizationInfo ? resynchronised(key, request.resynchronizationInfo, stored) : stored;
  if (last === undefined) {
    const invalid = [{ param: "/resynchronizationInfo/auts", reason: "its MAC is wrong" }];
    return { kind: "refused", reply: problem(403, "AUTHENTICATION_REJECTED", "AUTS does not verify", invalid) };
  }
  const sqn = nextSqn(last, nowMs);
  const vector = homeVector({ key, rand, sqn, servingNetworkName: request.servingNetworkName });
  const authenticationVector = {
    avType: "5G_HE_AKA",
    rand: vector.rand.toString("hex"),
    autn: vector.autn.toString("hex"),
    xresStar: vector.xresStar.toString("hex"),
    kausf: vector.kausf.toString("hex"),
  };
  return { kind: "vector", sqn, result: { authType: "5G_AKA", authenticationVector, supi } };
}

/** The UDR patch that stores a used sequence number. */
export function sequenceNumberPatch(sqn: bigint): readonly unknown[] {
  const value = {
    sqnScheme: "TIME_BASED",
    sqn: sqnToBytes(sqn).toString("hex"),
    lastIndexes: { ausf: 0 },
    indLength: 5,
  };
  return [{ op: "replace", path: "/sequenceNumber", value }];
}

function keyOf(subscription: AuthenticationSubscription): MilenageKey {
  return { k: Buffer.from(subscription.encPermanentKey, "hex"), opc: Buffer.from(subscription.encOpcKey, "hex") };
}

/** The later of the UE's and the stored number, or undefined when AUTS is forged. */
function resynchronised(key: MilenageKey, info: { rand: string; auts: string }, stored: bigint): bigint | undefined {
  const sqnOfUe = openAuts(key, Buffer.from(info.rand, "hex"), Buffer.from(info.auts, "hex"));
  if (sqnOfUe === undefined) return undefined;
  return sqnOfUe > stored ? sqnOfUe : stored;
}
