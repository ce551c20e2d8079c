/** Messages of N2-lite: names and members of NGAP (TS 38.413), as JSON. */
import { z } from "zod";
import { downlinkNas, uplinkNas } from "./nas-message.ts";

const ranUeNgapId = z.int().min(0).max(0xffffffff);
const amfUeNgapId = z.int().min(0).max(0xffffffff);
const ids = { ranUeNgapId, amfUeNgapId };
const pduSessionId = z.int().min(1).max(15);
const userLocation = z.strictObject({ nrCellId: z.string().max(16), tac: z.string().regex(/^[0-9a-f]{6}$/) });

/** Where GTP-U for one direction of a session goes. */
export const tunnel = z.strictObject({ address: z.ipv4(), teid: z.int().min(1).max(0xffffffff) });

/** From the gNB to the AMF. */
export const uplinkN2 = z.discriminatedUnion("message", [
  z.strictObject({
    message: z.literal("NGSetupRequest"),
    globalRanNodeId: z.string().min(1).max(64),
    ranNodeName: z.string().max(150),
    supportedTacs: z
      .array(z.string().regex(/^[0-9a-f]{6}$/))
      .min(1)
      .max(256),
  }),
  z.strictObject({
    message: z.literal("InitialUEMessage"),
    ranUeNgapId,
    nasPdu: uplinkNas,
    userLocation,
    rrcEstablishmentCause: z.string().max(32),
  }),
  z.strictObject({ message: z.literal("UplinkNASTransport"), ...ids, nasPdu: uplinkNas, userLocation }),
  z.strictObject({ message: z.literal("InitialContextSetupResponse"), ...ids }),
  z.strictObject({
    message: z.literal("PDUSessionResourceSetupResponse"),
    ...ids,
    pduSessionId,
    downlinkTunnel: tunnel,
  }),
  z.strictObject({ message: z.literal("PDUSessionResourceReleaseResponse"), ...ids, pduSessionId }),
  z.strictObject({ message: z.literal("UEContextReleaseComplete"), ...ids }),
]);
export type UplinkN2 = z.output<typeof uplinkN2>;

/** From the AMF to the gNB. */
export const downlinkN2 = z.discriminatedUnion("message", [
  z.strictObject({
    message: z.literal("NGSetupResponse"),
    amfName: z.string(),
    servedGuami: z.string(),
    relativeAmfCapacity: z.int().min(0).max(255),
  }),
  z.strictObject({ message: z.literal("NGSetupFailure"), cause: z.string() }),
  z.strictObject({ message: z.literal("DownlinkNASTransport"), ...ids, nasPdu: downlinkNas }),
  z.strictObject({ message: z.literal("InitialContextSetupRequest"), ...ids, guami: z.string(), nasPdu: downlinkNas }),
  z.strictObject({
    message: z.literal("PDUSessionResourceSetupRequest"),
    ...ids,
    pduSessionId,
    nasPdu: downlinkNas,
    uplinkTunnel: tunnel,
    qfi: z.int().min(0).max(63),
  }),
  z.strictObject({ message: z.literal("PDUSessionResourceReleaseCommand"), ...ids, pduSessionId, nasPdu: downlinkNas }),
  z.strictObject({ message: z.literal("UEContextReleaseCommand"), ...ids, cause: z.string() }),
  z.strictObject({ message: z.literal("ErrorIndication"), cause: z.string(), detail: z.string() }),
]);
export type DownlinkN2 = z.output<typeof downlinkN2>;

/** The first fault of a message, as `field: reason`. */
export function faultText(error: z.ZodError): string {
  const [issue] = error.issues;
  return issue ? `${issue.path.join(".") || "message"}: ${issue.message}` : "malformed";
}
