/** The registration procedure's calls to the other functions (TS 23.502 clause 4.2.2.2). */
import { z } from "zod";
import type { Plmn } from "../aka/subscriber-identity.ts";
import { servingNetworkNameOf } from "../aka/subscriber-identity.ts";
import type { NfContext } from "../sbi/network-function.ts";
import { causeOf, isSuccess, type SbiReply } from "../sbi/problem-details.ts";
import { type Challenge, mmCauseOf, type RegisteredUe, type Step } from "./rules.ts";

export interface AmfIdentity {
  readonly plmn: Plmn;
  readonly amfName: string;
  /** Region, set and pointer, six hexadecimal digits. */
  readonly amfId: string;
}

export interface Refused {
  readonly kind: "refused";
  /** 5GMM cause. */
  readonly cause: number;
  /** Cause the upstream gave, for the counters. */
  readonly reason: string;
}

export interface ChallengeIssued {
  readonly kind: "challenge";
  readonly challenge: Challenge;
  readonly autn: string;
}

const authenticationCtx = z.looseObject({
  "5gAuthData": z.looseObject({ rand: z.string(), autn: z.string(), hxresStar: z.string() }),
  _links: z.looseObject({ "5g-aka": z.looseObject({ href: z.string().startsWith("/") }) }),
});

const confirmed = z.looseObject({ authResult: z.string(), supi: z.string().optional(), kseaf: z.string().optional() });

export async function requestChallenge(
  nf: NfContext,
  identity: AmfIdentity,
  { supiOrSuci, resynchronisations, resynchronisation }: Extract<Step, { kind: "authenticate" }>,
): Promise<ChallengeIssued | Refused> {
  const body = {
    supiOrSuci,
    servingNetworkName: servingNetworkNameOf(identity.plmn),
    resynchronizationInfo: resynchronisation,
  };
  const reply = await nf.call("AUSF", { method: "POST", path: "/nausf-auth/v1/ue-authentications", body });
  if (!isSuccess(reply)) return refusedBy(reply);
  const context = authenticationCtx.safeParse(reply.body);
  if (!context.success) return { kind: "refused", cause: mmCauseOf(500, ""), reason: "MALFORMED_CHALLENGE" };
  const { rand, autn, hxresStar } = context.data["5gAuthData"];
  const confirmPath = context.data._links["5g-aka"].href;
  return { kind: "challenge", autn, challenge: { supiOrSuci, rand, hxresStar, confirmPath, resynchronisations } };
}

export type Confirmed = { readonly kind: "confirmed"; readonly supi: string } | { readonly kind: "failed" } | Refused;

export async function confirmResponse(nf: NfContext, confirmPath: string, resStar: string): Promise<Confirmed> {
  const reply = await nf.call("AUSF", { method: "PUT", path: confirmPath, body: { resStar } });
  if (!isSuccess(reply)) return refusedBy(reply);
  const result = confirmed.safeParse(reply.body);
  if (!result.success || result.data.authResult !== "AUTHENTICATION_SUCCESS") return { kind: "failed" };
  const { supi } = result.data;
  return supi === undefined ? { kind: "failed" } : { kind: "confirmed", supi };
}

/** Registers with the UDM, reads the subscription there, gets a policy. */
export async function registerUe(
  nf: NfContext,
  identity: AmfIdentity,
  supi: string,
  guti: string,
): Promise<RegisteredUe | Refused> {
  const { plmn } = identity;
  const guami = { plmnId: plmn, amfId: identity.amfId };
  const registration = {
    amfInstanceId: nf.nfInstanceId,
    deregCallbackUri: `/namf-callback/v1/${supi}/dereg-notify`,
    guami,
    ratType: "NR",
    initialRegistrationInd: true,
    supportedFeatures: "0",
  };
  const path = `/nudm-uecm/v1/${supi}/registrations/amf-3gpp-access`;
  const stored = await nf.call("UDM", { method: "PUT", path, body: registration });
  if (!isSuccess(stored)) return refusedBy(stored);
  const refusal = await readSubscription(nf, supi, plmn);
  if (refusal) return refusal;
  const request = {
    supi,
    notificationUri: `/namf-callback/v1/am-policy/${supi}`,
    servingPlmn: plmn,
    guami,
    ratType: "NR",
    suppFeat: "0",
  };
  const policy = await nf.call("PCF", { method: "POST", path: "/npcf-am-policy-control/v1/policies", body: request });
  const amPolicyPath = policy.headers?.location;
  if (!isSuccess(policy) || amPolicyPath === undefined) return refusedBy(policy);
  return { phase: "registered", supi, guti, amPolicyPath, sessions: new Map() };
}

/** Takes back what a registration made. */
export async function deregisterUe(
  nf: NfContext,
  identity: AmfIdentity,
  { supi, amPolicyPath }: RegisteredUe,
): Promise<void> {
  const body = { guami: { plmnId: identity.plmn, amfId: identity.amfId }, purgeFlag: true };
  const path = `/nudm-uecm/v1/${supi}/registrations/amf-3gpp-access`;
  const contentType = "application/merge-patch+json";
  const replies = await Promise.all([
    nf.call("PCF", { method: "DELETE", path: amPolicyPath }),
    nf.call("UDM", { method: "PATCH", path, body, contentType }),
  ]);
  if (!replies.every(isSuccess)) nf.counters.add("deregistrationLeftovers");
}

async function readSubscription(nf: NfContext, supi: string, { mcc, mnc }: Plmn): Promise<Refused | undefined> {
  const query = new URLSearchParams({ "plmn-id": JSON.stringify({ mcc, mnc }) });
  for (const name of ["am-data", "smf-select-data"]) {
    const reply = await nf.call("UDM", { method: "GET", path: `/nudm-sdm/v2/${supi}/${name}?${query}` });
    if (!isSuccess(reply)) return refusedBy(reply);
  }
  return undefined;
}

function refusedBy(reply: SbiReply): Refused {
  const reason = causeOf(reply);
  return { kind: "refused", cause: mmCauseOf(reply.status, reason), reason };
}
