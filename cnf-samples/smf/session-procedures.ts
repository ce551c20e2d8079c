/** Creating, activating and releasing an SM context (TS 23.502 clauses 4.3.2 and 4.3.4). */
import { smCauses } from "../n2/nas-message.ts";
import type { Tunnel } from "../pfcp/addresses.ts";
import type { NfContext } from "../sbi/network-function.ts";
import {
  causeOf,
  created,
  isSuccess,
  noContent,
  ok,
  problem,
  relayFailure,
  type SbiReply,
} from "../sbi/problem-details.ts";
import type { ReferenceSealer } from "../sbi/sealed-reference.ts";
import type { N4Client } from "./n4-client.ts";
import {
  admit,
  type SessionProfile,
  type SmContext,
  type SmContextCreateData,
  sessionProblem,
  smContext,
  ueAddressOf,
} from "./rules.ts";

export interface SessionTools {
  readonly nf: NfContext;
  readonly n4: N4Client;
  readonly sealer: ReferenceSealer;
  readonly uePool: string;
  /** Numbers UE addresses. */
  nextUe(): number;
}

export const smContextsRoot = "/nsmf-pdusession/v1/sm-contexts";

/** Subscription, policy, user plane, registration; what was made is undone where a later step fails. */
export async function createSmContext(tools: SessionTools, data: SmContextCreateData): Promise<SbiReply> {
  const admission = await admitSession(tools.nf, data);
  if (admission.kind === "refused") return admission.reply;
  const policy = await tools.nf.call("PCF", {
    method: "POST",
    path: "/npcf-smpolicycontrol/v1/sm-policies",
    body: policyRequest(data),
  });
  const smPolicyPath = policy.headers?.location;
  if (!isSuccess(policy) || smPolicyPath === undefined) return refusedBy(policy, smCauses.rejected);
  const ueAddress = ueAddressOf(tools.uePool, tools.nextUe());
  const n4 = await tools.n4.establish(ueAddress, data.dnn);
  if (n4.kind !== "established") {
    await deletePolicy(tools.nf, smPolicyPath);
    return n4.kind === "silent"
      ? sessionProblem(504, "PEER_NOT_RESPONDING", smCauses.networkFailure, "the UPF does not answer")
      : sessionProblem(
          500,
          "INSUFFICIENT_RESOURCES_SLICE_DNN",
          smCauses.insufficientResources,
          `the UPF refused with cause ${n4.cause}`,
        );
  }
  const { supi, pduSessionId } = data;
  const context: SmContext = { supi, pduSessionId, upf: n4.upf, upSeid: n4.upSeid.toString(16), smPolicyPath };
  const registered = await register(tools.nf, data);
  if (!isSuccess(registered)) {
    await undo(tools, context);
    return refusedBy(registered, smCauses.networkFailure);
  }
  tools.nf.counters.add("sessionsCreated");
  const location = `${smContextsRoot}/${tools.sealer.seal(context)}`;
  return created(location, createdData(data, admission.profile, ueAddress, n4.uplink));
}

export async function activateSmContext(tools: SessionTools, reference: string, downlink: Tunnel): Promise<SbiReply> {
  const context = openContext(tools, reference);
  if (!context) return contextNotFound();
  const isActive = await tools.n4.activate(context.upf, BigInt(`0x${context.upSeid}`), downlink);
  if (!isActive) return problem(504, "PEER_NOT_RESPONDING", "the UPF did not take the gNB's tunnel");
  tools.nf.counters.add("sessionsActivated");
  return ok({ upCnxState: "ACTIVATED" });
}

export async function releaseSmContext(tools: SessionTools, reference: string): Promise<SbiReply> {
  const context = openContext(tools, reference);
  if (!context) return contextNotFound();
  await undo(tools, context);
  const path = registrationPath(context.supi, context.pduSessionId);
  const deregistered = await tools.nf.call("UDM", { method: "DELETE", path });
  tools.nf.counters.add("sessionsReleased");
  return isSuccess(deregistered) ? noContent : relayFailure(deregistered);
}

async function admitSession(
  nf: NfContext,
  { supi, dnn, sNssai, servingNetwork: { mcc, mnc } }: SmContextCreateData,
): Promise<ReturnType<typeof admit>> {
  const query = new URLSearchParams({
    "single-nssai": JSON.stringify(sNssai),
    dnn,
    "plmn-id": JSON.stringify({ mcc, mnc }),
  });
  const smData = await nf.call("UDM", { method: "GET", path: `/nudm-sdm/v2/${supi}/sm-data?${query}` });
  if (!isSuccess(smData)) return { kind: "refused", reply: refusedBy(smData, smCauses.rejected) };
  return admit(smData.body, dnn);
}

function policyRequest({ supi, pduSessionId, dnn, sNssai, servingNetwork }: SmContextCreateData): unknown {
  const sliceInfo = sNssai;
  const notificationUri = `/nsmf-callback/v1/sm-policies/${supi}/${pduSessionId}`;
  return {
    supi,
    pduSessionId,
    pduSessionType: "IPV4",
    dnn,
    sliceInfo,
    notificationUri,
    servingNetwork,
    accessType: "3GPP_ACCESS",
  };
}

function register(
  nf: NfContext,
  { supi, pduSessionId, dnn, sNssai, servingNetwork: { mcc, mnc } }: SmContextCreateData,
): Promise<SbiReply> {
  const body = { smfInstanceId: nf.nfInstanceId, pduSessionId, singleNssai: sNssai, dnn, plmnId: { mcc, mnc } };
  return nf.call("UDM", { method: "PUT", path: registrationPath(supi, pduSessionId), body });
}

function createdData(
  data: SmContextCreateData,
  profile: SessionProfile,
  ueAddress: string,
  uplinkTunnel: Tunnel,
): unknown {
  const { pduSessionId, dnn, sNssai } = data;
  const { sessionAmbr, fiveQi } = profile;
  return {
    pduSessionId,
    sNssai,
    upCnxState: "ACTIVATING",
    n1SmMsg: { type: "PDUSessionEstablishmentAccept", pduSessionId, ueAddress, dnn, sNssai, sessionAmbr },
    n2SmInfoType: "PDU_RES_SETUP_REQ",
    n2SmInfo: { uplinkTunnel, qosFlows: [{ qfi: fiveQi, "5qi": fiveQi }] },
  };
}

async function undo({ nf, n4 }: SessionTools, { upf, upSeid, smPolicyPath }: SmContext): Promise<void> {
  const [isDeleted] = await Promise.all([n4.delete(upf, BigInt(`0x${upSeid}`)), deletePolicy(nf, smPolicyPath)]);
  if (!isDeleted) nf.counters.add("sessionsLeftOnUpf");
}

function deletePolicy(nf: NfContext, smPolicyPath: string): Promise<SbiReply> {
  return nf.call("PCF", { method: "POST", path: `${smPolicyPath}/delete`, body: {} });
}

function openContext({ sealer }: SessionTools, reference: string): SmContext | undefined {
  const opened = smContext.safeParse(sealer.open(reference));
  return opened.success ? opened.data : undefined;
}

function contextNotFound(): SbiReply {
  return problem(404, "CONTEXT_NOT_FOUND", "no such SM context");
}

function registrationPath(supi: string, pduSessionId: number): string {
  return `/nudm-uecm/v1/${supi}/registrations/smf-registrations/${pduSessionId}`;
}

function refusedBy(reply: SbiReply, smCause: number): SbiReply {
  const status = isSuccess(reply) ? 500 : reply.status;
  return sessionProblem(status, causeOf(reply), smCause, "an upstream refused the session");
}
