/** GTP-U messages (TS 29.281 clauses 5 and 7) with the PDU session container (TS 38.415). */
import { Buffer } from "node:buffer";
import type { Tunnel } from "../pfcp/addresses.ts";
import { addressBytes, addressOf } from "../pfcp/addresses.ts";

/** The port of GTP-U on both ends (clause 4.4.2). */
export const gtpuPort = 2152;

export type GtpuMessage =
  | { readonly kind: "echo-request"; readonly sequence: number }
  | { readonly kind: "echo-response"; readonly sequence: number }
  /** The peer has no such tunnel. */
  | { readonly kind: "error-indication"; readonly tunnel: Tunnel }
  /** Nothing more will come through the tunnel. */
  | { readonly kind: "end-marker"; readonly teid: number }
  | {
      readonly kind: "g-pdu";
      readonly teid: number;
      /** 16 bits; absent where the sender does not count. */
      readonly sequence?: number;
      /** QoS flow out of the PDU session container. */
      readonly qfi?: number;
      readonly payload: Buffer;
    };

export type GtpuDecoded =
  | { readonly kind: "message"; readonly message: GtpuMessage }
  | { readonly kind: "malformed"; readonly reason: string };

/** Direction as the container says it: a PDU type of 0 is downlink, 1 uplink (TS 38.415 clause 5.5.3.1). */
export type GtpuDirection = "downlink" | "uplink";

const types = { echoRequest: 1, echoResponse: 2, errorIndication: 26, endMarker: 254, gPdu: 255 } as const;
const version1 = 0x30;
const flags = { extension: 0x04, sequence: 0x02, nPdu: 0x01 } as const;
const headerLength = 8;
const optionalLength = 4;
const pduSessionContainer = 0x85;
const extensionsMax = 8;
const elementTypes = { recovery: 14, teidDataI: 16, peerAddress: 133 } as const;

export function encodeGPdu(
  pdu: { readonly teid: number; readonly sequence: number; readonly qfi: number; readonly payload: Uint8Array },
  direction: GtpuDirection,
): Buffer {
  const datagram = Buffer.allocUnsafe(headerLength + optionalLength + 4 + pdu.payload.length);
  datagram.writeUInt8(version1 | flags.extension | flags.sequence, 0);
  datagram.writeUInt8(types.gPdu, 1);
  datagram.writeUInt16BE(datagram.length - headerLength, 2);
  datagram.writeUInt32BE(pdu.teid, 4);
  datagram.writeUInt16BE(pdu.sequence & 0xffff, 8);
  datagram.writeUInt8(0, 10);
  datagram.writeUInt8(pduSessionContainer, 11);
  // The container: length in units of 4 bytes, PDU type, QFI, no further extension.
  datagram.writeUInt8(1, 12);
  datagram.writeUInt8(direction === "uplink" ? 0x10 : 0, 13);
  datagram.writeUInt8(pdu.qfi & 0x3f, 14);
  datagram.writeUInt8(0, 15);
  datagram.set(pdu.payload, 16);
  return datagram;
}

export function encodeEcho(kind: "echo-request" | "echo-response", sequence: number): Buffer {
  const isRequest = kind === "echo-request";
  const optional = Buffer.of(sequence >> 8, sequence & 0xff, 0, 0);
  const recovery = isRequest ? Buffer.alloc(0) : Buffer.of(elementTypes.recovery, 0);
  return message(isRequest ? types.echoRequest : types.echoResponse, flags.sequence, 0, optional, recovery);
}

export function encodeErrorIndication({ teid, address }: Tunnel): Buffer {
  const elements = Buffer.alloc(12);
  elements.writeUInt8(elementTypes.teidDataI, 0);
  elements.writeUInt32BE(teid, 1);
  elements.writeUInt8(elementTypes.peerAddress, 5);
  elements.writeUInt16BE(4, 6);
  addressBytes(address).copy(elements, 8);
  return message(types.errorIndication, flags.sequence, 0, Buffer.alloc(optionalLength), elements);
}

export function encodeEndMarker(teid: number): Buffer {
  return message(types.endMarker, 0, teid);
}

export function decodeGtpu(datagram: Buffer): GtpuDecoded {
  if (datagram.length < headerLength) return malformed("shorter than a header");
  const first = datagram.readUInt8(0);
  if ((first & 0xf0) !== version1) return malformed("not GTP version 1");
  if (datagram.readUInt16BE(2) !== datagram.length - headerLength) return malformed("its length is wrong");
  const optional = readOptional(datagram, first);
  if (!optional) return malformed("its optional part runs over the end");
  return decodeBody(datagram, optional);
}

interface OptionalPart {
  readonly sequence: number | undefined;
  readonly qfi: number | undefined;
  readonly bodyOffset: number;
}

function readOptional(datagram: Buffer, first: number): OptionalPart | undefined {
  if ((first & 0x07) === 0) return { sequence: undefined, qfi: undefined, bodyOffset: headerLength };
  if (datagram.length < headerLength + optionalLength) return undefined;
  const sequence = (first & flags.sequence) !== 0 ? datagram.readUInt16BE(8) : undefined;
  let next = (first & flags.extension) !== 0 ? datagram.readUInt8(11) : 0;
  let qfi: number | undefined;
  let offset = headerLength + optionalLength;
  for (let count = 0; next !== 0; count++) {
    const length = (datagram[offset] ?? 0) * 4;
    if (length === 0 || offset + length > datagram.length || count === extensionsMax) return undefined;
    if (next === pduSessionContainer) qfi = datagram.readUInt8(offset + 2) & 0x3f;
    next = datagram.readUInt8(offset + length - 1);
    offset += length;
  }
  return { sequence, qfi, bodyOffset: offset };
}

function decodeBody(datagram: Buffer, { sequence, qfi, bodyOffset }: OptionalPart): GtpuDecoded {
  const teid = datagram.readUInt32BE(4);
  switch (datagram.readUInt8(1)) {
    case types.echoRequest:
      return { kind: "message", message: { kind: "echo-request", sequence: sequence ?? 0 } };
    case types.echoResponse:
      return { kind: "message", message: { kind: "echo-response", sequence: sequence ?? 0 } };
    case types.endMarker:
      return { kind: "message", message: { kind: "end-marker", teid } };
    case types.errorIndication:
      return readErrorIndication(datagram.subarray(bodyOffset));
    case types.gPdu: {
      const counted = { ...(sequence !== undefined && { sequence }), ...(qfi !== undefined && { qfi }) };
      return { kind: "message", message: { kind: "g-pdu", teid, ...counted, payload: datagram.subarray(bodyOffset) } };
    }
    default:
      return malformed(`message type ${datagram.readUInt8(1)} is not known`);
  }
}

function readErrorIndication(body: Buffer): GtpuDecoded {
  const isKnown = body.length >= 12 && body[0] === elementTypes.teidDataI && body[5] === elementTypes.peerAddress;
  if (!isKnown || body.readUInt16BE(6) !== 4) return malformed("an error indication without TEID and IPv4 address");
  const tunnel = { teid: body.readUInt32BE(1), address: addressOf(body.subarray(8, 12)) };
  return { kind: "message", message: { kind: "error-indication", tunnel } };
}

function message(type: number, flag: number, teid: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const header = Buffer.alloc(headerLength);
  header.writeUInt8(version1 | flag, 0);
  header.writeUInt8(type, 1);
  header.writeUInt16BE(body.length, 2);
  header.writeUInt32BE(teid, 4);
  return Buffer.concat([header, body]);
}

function malformed(reason: string): GtpuDecoded {
  return { kind: "malformed", reason };
}
