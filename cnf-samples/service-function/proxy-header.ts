/**
 * The PROXY protocol v2 header that the forwarder puts in front of a flow, and its custom TLVs: 0xE0, the flow's place on its
 * path; 0xE2, the direction; 0xE5, other paths that the flow may go on along.
 */
import { isIPv6 } from "node:net";
import type { Endpoint } from "../config-fields.ts";

export type FlowDirection = "request" | "response";

/** A flow as its first forwarder saw it. */
export interface FlowHeader {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** Undefined when the forwarder did not say. */
  readonly direction: FlowDirection | undefined;
  /** The NSH base and service path header (RFC 8300), 8 bytes; undefined when the forwarder did not say. */
  readonly servicePath?: Buffer | undefined;
  /** By the chain's name: what to answer with for the flow to go on there. Absent where the function is not asked. */
  readonly offers?: ReadonlyMap<string, Buffer> | undefined;
}

export type ProxyHeaderRead =
  | { readonly kind: "unfinished" }
  | { readonly kind: "header"; readonly header: FlowHeader; readonly length: number }
  | { readonly kind: "malformed"; readonly reason: string };

/** Largest header taken, signature included. */
export const proxyHeaderBytesMax = 1024;

const signature = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
const fixedLength = 16;
/** Version 2, command PROXY; LOCAL (0x20) tells of no flow. */
const proxyCommand = 0x21;
/** TCP over IPv4 and over IPv6, with the length of one address. */
const addressLengths: Readonly<Record<number, number>> = { 17: 4, 33: 16 };
export const servicePathType = 0xe0;
const directionType = 0xe2;
const offerType = 0xe5;
const servicePathLength = 8;
const directions: readonly FlowDirection[] = ["request", "response"];

/** Reads the header at the start of `bytes`; strict, and never looks beyond `proxyHeaderBytesMax`. */
export function readProxyHeader(bytes: Buffer): ProxyHeaderRead {
  const shared = Math.min(bytes.length, signature.length);
  if (!bytes.subarray(0, shared).equals(signature.subarray(0, shared))) return malformed("no PROXY protocol signature");
  if (bytes.length < fixedLength) return { kind: "unfinished" };
  if (bytes[12] !== proxyCommand) return malformed("neither version 2 nor the PROXY command");
  const addressLength = addressLengths[bytes[13] ?? 0];
  if (addressLength === undefined) return malformed("not TCP over IPv4 or IPv6");
  const length = fixedLength + bytes.readUInt16BE(14);
  const tlvOffset = fixedLength + 2 * addressLength + 4;
  if (length > proxyHeaderBytesMax) return malformed(`longer than ${proxyHeaderBytesMax} bytes`);
  if (length < tlvOffset) return malformed("shorter than its addresses");
  if (bytes.length < length) return { kind: "unfinished" };
  const fields = readFields(bytes.subarray(tlvOffset, length));
  if (fields === "malformed") return malformed("its TLVs run over the end, or name no direction or path");
  const header = { ...readEndpoints(bytes.subarray(fixedLength, tlvOffset), addressLength), ...fields };
  return { kind: "header", header, length };
}

function readEndpoints(
  bytes: Buffer,
  addressLength: number,
): { readonly source: Endpoint; readonly destination: Endpoint } {
  const endpointAt = (index: number): Endpoint => ({
    host: addressText(bytes.subarray(index * addressLength, (index + 1) * addressLength)),
    port: bytes.readUInt16BE(2 * addressLength + 2 * index),
  });
  return { source: endpointAt(0), destination: endpointAt(1) };
}

function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16)).join(":");
  // The URL parser writes an IPv6 address in its one canonical form (RFC 5952).
  return isIPv6(groups) ? new URL(`tcp://[${groups}]`).hostname.slice(1, -1) : groups;
}

type Fields = Pick<FlowHeader, "direction" | "servicePath" | "offers">;

/** Steps over other TLVs. */
function readFields(tlvs: Buffer): Fields | "malformed" {
  let fields: Fields = { direction: undefined };
  for (let offset = 0; offset < tlvs.length; ) {
    if (tlvs.length - offset < 3) return "malformed";
    const end = offset + 3 + tlvs.readUInt16BE(offset + 1);
    if (end > tlvs.length) return "malformed";
    const field = readField(tlvs[offset] ?? 0, tlvs.subarray(offset + 3, end), fields);
    if (field === "malformed") return "malformed";
    fields = { ...fields, ...field };
    offset = end;
  }
  return fields;
}

function readField(type: number, value: Buffer, { offers = new Map() }: Fields): Partial<Fields> | "malformed" {
  switch (type) {
    case directionType: {
      const direction = value.length === 1 ? directions[value[0] ?? 0xff] : undefined;
      return direction === undefined ? "malformed" : { direction };
    }
    case servicePathType:
      return value.length === servicePathLength ? { servicePath: Buffer.from(value) } : "malformed";
    case offerType: {
      if (value.length <= servicePathLength) return "malformed";
      const chain = value.toString("utf8", servicePathLength);
      return { offers: new Map([...offers, [chain, Buffer.from(value.subarray(0, servicePathLength))]]) };
    }
    default:
      return {};
  }
}

function malformed(reason: string): ProxyHeaderRead {
  return { kind: "malformed", reason };
}
