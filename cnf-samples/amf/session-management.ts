/** The AMF's part of PDU sessions: it carries N1 and N2 content between UE, gNB and SMF (TS 23.502 clause 4.3.2.2). */
import { z } from "zod";
import { tunnel } from "../n2/n2-message.ts";
import { downlinkNas, smCauses, type UplinkNas } from "../n2/nas-message.ts";
import type { Tunnel } from "../pfcp/addresses.ts";
import type { NfContext } from "../sbi/network-function.ts";
import { isSuccess, type SbiReply } from "../sbi/problem-details.ts";
import type { AmfIdentity } from "./registration.ts";
import type { RegisteredUe } from "./rules.ts";

export interface EstablishedSession {
  readonly kind: "established";
  readonly smContextPath: string;
  readonly n1: z.output<typeof downlinkNas>;
  readonly uplink: Tunnel;
  readonly qfi: number;
}

export interface RejectedSession {
  readonly kind: "rejected";
  /** 5GSM cause. */
  readonly cause: number;
}

const createdData = z.looseObject({
  n1SmMsg: downlinkNas,
  n2SmInfo: z.looseObject({
    uplinkTunnel: tunnel,
    qosFlows: z.array(z.looseObject({ qfi: z.int().min(0).max(63) })).min(1),
  }),
});
const createError = z.looseObject({ n1SmMsg: z.looseObject({ cause: z.int() }) });

export async function establishSession(
  nf: NfContext,
  identity: AmfIdentity,
  ue: RegisteredUe,
  { pduSessionId, dnn, sNssai }: Extract<UplinkNas, { type: "PDUSessionEstablishmentRequest" }>,
): Promise<EstablishedSession | RejectedSession> {
  const body = {
    supi: ue.supi,
    pduSessionId,
    dnn,
    sNssai,
    servingNfId: nf.nfInstanceId,
    guami: { plmnId: identity.plmn, amfId: identity.amfId },
    servingNetwork: identity.plmn,
    requestType: "INITIAL_REQUEST",
    anType: "3GPP_ACCESS",
    ratType: "NR",
    smContextStatusUri: `/namf-callback/v1/${ue.supi}/sm-context-status/${pduSessionId}`,
  };
  const reply = await nf.call("SMF", { method: "POST", path: "/nsmf-pdusession/v1/sm-contexts", body });
  const smContextPath = reply.headers?.location;
  const created = createdData.safeParse(reply.body);
  if (!isSuccess(reply) || smContextPath === undefined || !created.success) {
    return { kind: "rejected", cause: smCauseOf(reply) };
  }
  const { n1SmMsg, n2SmInfo } = created.data;
  const qfi = n2SmInfo.qosFlows[0]?.qfi ?? 0;
  return { kind: "established", smContextPath, n1: n1SmMsg, uplink: n2SmInfo.uplinkTunnel, qfi };
}

/** Hands the gNB's tunnel to the SMF; true when downlink flows. */
export async function activateSession(nf: NfContext, smContextPath: string, downlinkTunnel: Tunnel): Promise<boolean> {
  const body = { n2SmInfoType: "PDU_RES_SETUP_RSP", n2SmInfo: { downlinkTunnel } };
  return isSuccess(await nf.call("SMF", { method: "POST", path: `${smContextPath}/modify`, body }));
}

export async function releaseSession(nf: NfContext, smContextPath: string): Promise<boolean> {
  const body = { cause: "REL_DUE_TO_UE_REQUEST" };
  const reply = await nf.call("SMF", { method: "POST", path: `${smContextPath}/release`, body });
  return isSuccess(reply) || reply.status === 404;
}

function smCauseOf(reply: SbiReply): number {
  const error = createError.safeParse(reply.body);
  return error.success && !isSuccess(reply) ? error.data.n1SmMsg.cause : smCauses.networkFailure;
}
