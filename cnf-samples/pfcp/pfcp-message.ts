/** PFCP messages: the header of TS 29.244 clause 7.2.2 and the elements after it. */
import { Buffer } from "node:buffer";
import { type Element, readElements, writeElements } from "./information-element.ts";

/** Types of TS 29.244 table 7.3-1. */
export const messageTypes = {
  heartbeatRequest: 1,
  heartbeatResponse: 2,
  associationSetupRequest: 5,
  associationSetupResponse: 6,
  associationReleaseRequest: 9,
  associationReleaseResponse: 10,
  versionNotSupportedResponse: 11,
  sessionEstablishmentRequest: 50,
  sessionEstablishmentResponse: 51,
  sessionModificationRequest: 52,
  sessionModificationResponse: 53,
  sessionDeletionRequest: 54,
  sessionDeletionResponse: 55,
} as const;

/** Causes of TS 29.244 table 8.2.1-1. */
export const causes = {
  accepted: 1,
  sessionNotFound: 65,
  mandatoryIeMissing: 66,
  invalidLength: 68,
  mandatoryIeIncorrect: 69,
  noAssociation: 72,
  ruleCreationFailure: 73,
  noResources: 75,
} as const;

export interface PfcpMessage {
  readonly type: number;
  /** Receiver's session; absent in node messages. */
  readonly seid?: bigint;
  /** 24 bits. */
  readonly sequence: number;
  readonly elements: readonly Element[];
}

export type PfcpDecoded =
  | { readonly kind: "message"; readonly message: PfcpMessage }
  | { readonly kind: "version"; readonly sequence: number }
  | { readonly kind: "malformed"; readonly reason: string };

const versionBits = 1 << 5;
const seidFlag = 0x01;
/** Another message follows in the same datagram (FO); nothing here sends that. */
const followOnFlag = 0x04;
const nodeHeaderLength = 8;
const sessionHeaderLength = 16;

export function encodePfcp({ type, seid, sequence, elements }: PfcpMessage): Buffer {
  const header = Buffer.alloc(seid === undefined ? nodeHeaderLength : sessionHeaderLength);
  const body = writeElements(elements);
  header.writeUInt8(versionBits | (seid === undefined ? 0 : seidFlag), 0);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(header.length - 4 + body.length, 2);
  if (seid !== undefined) header.writeBigUInt64BE(seid, 4);
  header.writeUIntBE(sequence, header.length - 4, 3);
  return Buffer.concat([header, body]);
}

export function decodePfcp(datagram: Buffer): PfcpDecoded {
  if (datagram.length < nodeHeaderLength) return { kind: "malformed", reason: "shorter than a header" };
  const flags = datagram.readUInt8(0);
  const hasSeid = (flags & seidFlag) !== 0;
  const headerLength = hasSeid ? sessionHeaderLength : nodeHeaderLength;
  if (datagram.length < headerLength) return { kind: "malformed", reason: "shorter than its header" };
  const sequence = datagram.readUIntBE(headerLength - 4, 3);
  if (flags >> 5 !== 1) return { kind: "version", sequence };
  if ((flags & followOnFlag) !== 0) return { kind: "malformed", reason: "bundled messages are not supported" };
  if (datagram.readUInt16BE(2) !== datagram.length - 4) return { kind: "malformed", reason: "its length is wrong" };
  const elements = readElements(datagram.subarray(headerLength));
  if (!elements) return { kind: "malformed", reason: "its elements run over the end" };
  const type = datagram.readUInt8(1);
  return {
    kind: "message",
    message: { type, sequence, elements, ...(hasSeid && { seid: datagram.readBigUInt64BE(4) }) },
  };
}

export function isRequest(type: number): boolean {
  const { heartbeatRequest, associationSetupRequest, associationReleaseRequest } = messageTypes;
  const nodeRequests: readonly number[] = [heartbeatRequest, associationSetupRequest, associationReleaseRequest];
  return (
    nodeRequests.includes(type) || (type >= messageTypes.sessionEstablishmentRequest && type <= 55 && type % 2 === 0)
  );
}
