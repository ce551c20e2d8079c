/** The PROXY protocol v2 header that the forwarder puts in front of a flow, and its custom TLV 0xE2, the direction. */
import { isIPv6 } from "node:net";
import type { Endpoint } from "../config-fields.ts";

export type FlowDirection = "request" | "response";

/** A flow as its first forwarder saw it. */
export interface FlowHeader {
  readonly source: Endpoint;
  readonly destination: Endpoint;
  /** Undefined when the forwarder did not say. */
  readonly direction: FlowDirection | undefined;
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
const directionType = 0xe2;
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
  const direction = readDirection(bytes.subarray(tlvOffset, length));
  if (direction === "malformed") return malformed("its TLVs run over the end or name no direction");
  const header = { ...readEndpoints(bytes.subarray(fixedLength, tlvOffset), addressLength), direction };
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

/** Steps over other TLVs. */
function readDirection(tlvs: Buffer): FlowDirection | undefined | "malformed" {
  let direction: FlowDirection | undefined;
  for (let offset = 0; offset < tlvs.length; ) {
    if (tlvs.length - offset < 3) return "malformed";
    const end = offset + 3 + tlvs.readUInt16BE(offset + 1);
    if (end > tlvs.length) return "malformed";
    if (tlvs[offset] === directionType) {
      direction = end - offset === 4 ? directions[tlvs[offset + 3] ?? 0xff] : undefined;
      if (direction === undefined) return "malformed";
    }
    offset = end;
  }
  return direction;
}

function malformed(reason: string): ProxyHeaderRead {
  return { kind: "malformed", reason };
}
