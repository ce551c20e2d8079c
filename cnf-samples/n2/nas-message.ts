/** Messages between UE and network (names of TS 24.501), as JSON. */
import { z } from "zod";

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `must be ${bytes} bytes in hex`);
const pduSessionId = z.int().min(1).max(15);
const sNssai = z.strictObject({
  sst: z.int().min(0).max(255),
  sd: z
    .string()
    .regex(/^[0-9a-f]{6}$/)
    .optional(),
});

/** 5GMM causes of TS 24.501 table 9.11.3.2.1. */
export const mmCauses = {
  illegalUe: 3,
  macFailure: 20,
  synchFailure: 21,
  congestion: 22,
  servingNetworkNotAuthorised: 73,
  incompatibleWithState: 98,
  protocolError: 111,
} as const;

/** 5GSM causes of TS 24.501 table 9.11.4.2.1. */
export const smCauses = {
  insufficientResources: 26,
  unknownDnn: 27,
  rejected: 31,
  networkFailure: 38,
  noSuchSession: 54,
  slice: 69,
} as const;

const cause = z.int().min(0).max(255);

export const uplinkNas = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("RegistrationRequest"),
    registrationType: z.literal("initial"),
    mobileIdentity: z.string().min(5).max(256),
    requestedNssai: z.array(sNssai).max(8),
  }),
  z.strictObject({ type: z.literal("AuthenticationResponse"), resStar: hex(16) }),
  z.strictObject({ type: z.literal("AuthenticationFailure"), cause, auts: hex(14).optional() }),
  z.strictObject({ type: z.literal("RegistrationComplete") }),
  z.strictObject({
    type: z.literal("PDUSessionEstablishmentRequest"),
    pduSessionId,
    dnn: z.string().min(1).max(100),
    sNssai,
  }),
  z.strictObject({ type: z.literal("PDUSessionReleaseRequest"), pduSessionId }),
  z.strictObject({ type: z.literal("DeregistrationRequest") }),
]);
export type UplinkNas = z.output<typeof uplinkNas>;

export const downlinkNas = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("AuthenticationRequest"),
    ngKsi: z.int().min(0).max(6),
    abba: hex(2),
    rand: hex(16),
    autn: hex(16),
  }),
  z.strictObject({ type: z.literal("AuthenticationReject") }),
  z.strictObject({
    type: z.literal("RegistrationAccept"),
    guti: z.string(),
    allowedNssai: z.array(sNssai),
    taiList: z.array(z.string()),
    t3512Seconds: z.int(),
  }),
  z.strictObject({ type: z.literal("RegistrationReject"), cause }),
  z.strictObject({
    type: z.literal("PDUSessionEstablishmentAccept"),
    pduSessionId,
    ueAddress: z.ipv4(),
    dnn: z.string(),
    sNssai,
    sessionAmbr: z.strictObject({ uplink: z.string(), downlink: z.string() }),
  }),
  z.strictObject({ type: z.literal("PDUSessionEstablishmentReject"), pduSessionId, cause }),
  z.strictObject({ type: z.literal("PDUSessionReleaseCommand"), pduSessionId }),
  z.strictObject({ type: z.literal("PDUSessionReleaseReject"), pduSessionId, cause }),
  z.strictObject({ type: z.literal("DeregistrationAccept") }),
  z.strictObject({ type: z.literal("5GMMStatus"), cause }),
]);
export type DownlinkNas = z.output<typeof downlinkNas>;
