/** What one UE does with the network: register, take a session, release it, leave (TS 24.501 and TS 38.413). */
import { answerChallenge } from "../aka/challenge.ts";
import type { DownlinkN2, UplinkN2 } from "../n2/n2-message.ts";
import { type DownlinkNas, mmCauses, type UplinkNas } from "../n2/nas-message.ts";
import type { Tunnel } from "../pfcp/addresses.ts";
import type { UeChannel } from "./n2-client.ts";
import type { UeIdentity } from "./rules.ts";

export interface UeSettings {
  readonly servingNetworkName: string;
  readonly tac: string;
  readonly dnn: string;
  readonly sNssai: { readonly sst: number; readonly sd?: string };
  /** Time the network has for each answer. */
  readonly procedureTimeoutMs: number;
}

export interface Ue {
  readonly identity: UeIdentity;
  readonly channel: UeChannel;
  readonly settings: UeSettings;
  /** Highest sequence number this SIM has accepted. */
  sqnMax: bigint;
  amfUeNgapId: number;
}

export type Outcome<Result = undefined> =
  | { readonly kind: "done"; readonly result: Result }
  | { readonly kind: "failed"; readonly cause: string };

const pduSessionId = 1;
/** Messages a procedure can need, resynchronisation included; an AMF that sends more is refused. */
const messagesMax = 6;

export async function register(ue: Ue): Promise<Outcome> {
  const { channel, identity, settings } = ue;
  const nasPdu: UplinkNas = {
    type: "RegistrationRequest",
    registrationType: "initial",
    mobileIdentity: identity.suci,
    requestedNssai: [settings.sNssai],
  };
  const userLocation = locationOf(settings);
  channel.send({
    message: "InitialUEMessage",
    ranUeNgapId: channel.ranUeNgapId,
    nasPdu,
    userLocation,
    rrcEstablishmentCause: "mo-Signalling",
  });
  let ownFailure: string | undefined;
  for (let count = 0; count < messagesMax; count++) {
    const message = await channel.receive(settings.procedureTimeoutMs);
    if (!message) return failed("no-answer");
    if ("amfUeNgapId" in message) ue.amfUeNgapId = message.amfUeNgapId;
    const nas = nasOf(message);
    if (nas?.type === "RegistrationAccept") return complete(ue);
    if (nas?.type !== "AuthenticationRequest") return failed(ownFailure ?? refusalOf(nas));
    ownFailure = authenticate(ue, nas);
  }
  return failed("too-many-messages");
}

export interface Session {
  readonly uplink: Tunnel;
  readonly ueAddress: string;
}

/** Asks for a session; `openTunnel` gives the gNB's end of it once the UPF's is known. */
export async function establish(ue: Ue, openTunnel: (uplink: Tunnel) => Tunnel): Promise<Outcome<Session>> {
  const { dnn, sNssai } = ue.settings;
  sendNas(ue, { type: "PDUSessionEstablishmentRequest", pduSessionId, dnn, sNssai });
  const message = await ue.channel.receive(ue.settings.procedureTimeoutMs);
  if (!message) return failed("no-answer");
  const nas = nasOf(message);
  if (message.message !== "PDUSessionResourceSetupRequest" || nas?.type !== "PDUSessionEstablishmentAccept") {
    return failed(refusalOf(nas));
  }
  const downlinkTunnel = openTunnel(message.uplinkTunnel);
  ue.channel.send({ message: "PDUSessionResourceSetupResponse", ...idsOf(ue), pduSessionId, downlinkTunnel });
  return { kind: "done", result: { uplink: message.uplinkTunnel, ueAddress: nas.ueAddress } };
}

export async function release(ue: Ue): Promise<Outcome> {
  sendNas(ue, { type: "PDUSessionReleaseRequest", pduSessionId });
  const message = await ue.channel.receive(ue.settings.procedureTimeoutMs);
  if (!message) return failed("no-answer");
  if (message.message !== "PDUSessionResourceReleaseCommand") return failed(refusalOf(nasOf(message)));
  ue.channel.send({ message: "PDUSessionResourceReleaseResponse", ...idsOf(ue), pduSessionId });
  return done;
}

export async function deregister(ue: Ue): Promise<Outcome> {
  sendNas(ue, { type: "DeregistrationRequest" });
  const message = await ue.channel.receive(ue.settings.procedureTimeoutMs);
  if (!message) return failed("no-answer");
  const nas = nasOf(message);
  if (nas?.type !== "DeregistrationAccept") return failed(refusalOf(nas));
  ue.channel.send({ message: "UEContextReleaseComplete", ...idsOf(ue) });
  return done;
}

const done: Outcome = { kind: "done", result: undefined };

/** Answers a challenge; the cause when this UE refuses it. */
function authenticate(ue: Ue, nas: Extract<DownlinkNas, { type: "AuthenticationRequest" }>): string | undefined {
  const rand = Buffer.from(nas.rand, "hex");
  const autn = Buffer.from(nas.autn, "hex");
  const { servingNetworkName } = ue.settings;
  const answer = answerChallenge({ key: ue.identity.key, rand, autn, sqnMax: ue.sqnMax, servingNetworkName });
  switch (answer.kind) {
    case "response":
      ue.sqnMax = answer.sqn;
      sendNas(ue, { type: "AuthenticationResponse", resStar: answer.resStar.toString("hex") });
      return undefined;
    case "mac-failure":
      sendNas(ue, { type: "AuthenticationFailure", cause: mmCauses.macFailure });
      return "mac-failure";
    case "synch-failure":
      sendNas(ue, { type: "AuthenticationFailure", cause: mmCauses.synchFailure, auts: answer.auts.toString("hex") });
      return "synch-failure";
  }
}

function complete(ue: Ue): Outcome {
  ue.channel.send({ message: "InitialContextSetupResponse", ...idsOf(ue) });
  sendNas(ue, { type: "RegistrationComplete" });
  return done;
}

function nasOf(message: DownlinkN2): DownlinkNas | undefined {
  return "nasPdu" in message ? message.nasPdu : undefined;
}

function refusalOf(nas: DownlinkNas | undefined): string {
  switch (nas?.type) {
    case "RegistrationReject":
    case "5GMMStatus":
      return `5gmm-cause-${nas.cause}`;
    case "PDUSessionEstablishmentReject":
    case "PDUSessionReleaseReject":
      return `5gsm-cause-${nas.cause}`;
    case "AuthenticationReject":
      return "authentication-reject";
    default:
      return "unexpected-message";
  }
}

function sendNas(ue: Ue, nasPdu: UplinkNas): void {
  const message: UplinkN2 = {
    message: "UplinkNASTransport",
    ...idsOf(ue),
    nasPdu,
    userLocation: locationOf(ue.settings),
  };
  ue.channel.send(message);
}

function idsOf({ channel, amfUeNgapId }: Ue): { readonly ranUeNgapId: number; readonly amfUeNgapId: number } {
  return { ranUeNgapId: channel.ranUeNgapId, amfUeNgapId };
}

function locationOf({ tac }: UeSettings): { readonly nrCellId: string; readonly tac: string } {
  return { nrCellId: "000000010", tac };
}

function failed(cause: string): { readonly kind: "failed"; readonly cause: string } {
  return { kind: "failed", cause };
}
