/** PFCP values that hold addresses: Node ID, F-SEID, F-TEID, outer header creation, UE IP address. IPv4 only. */
import { Buffer } from "node:buffer";
import { type Element, element, elementTypes } from "./information-element.ts";

export interface Tunnel {
  /** IPv4 address of the endpoint that receives. */
  readonly address: string;
  /** Tunnel endpoint identifier, 32 bits. */
  readonly teid: number;
}

export interface FSeid {
  readonly seid: bigint;
  readonly address: string;
}

/** A tunnel, or the order to choose one (the CH flag). */
export type FTeid = Tunnel | "choose";

const v4Flag = 0x01;
const chooseFlag = 0x04;
/** In an F-SEID the V4 flag is the second bit, in an F-TEID the first (TS 29.244 clauses 8.2.37 and 8.2.3). */
const seidV4Flag = 0x02;
const ueV4Flag = 0x02;
/** GTP-U/UDP/IPv4 (clause 8.2.56). */
const gtpuIpv4 = 0x0100;

export function addressBytes(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

export function addressOf(bytes: Uint8Array): string {
  return [...bytes].join(".");
}

export function nodeId(address: string): Element {
  return element(elementTypes.nodeId, Buffer.concat([Buffer.of(0), addressBytes(address)]));
}

/** A node's identity as text: an address, or the name as it was sent. */
export function readNodeId(value: Buffer): string | undefined {
  const kind = value[0];
  if (kind === 0 && value.length === 5) return addressOf(value.subarray(1));
  return (kind === 1 || kind === 2) && value.length > 1 ? value.subarray(1).toString("latin1") : undefined;
}

export function fSeid({ seid, address }: FSeid): Element {
  const bytes = Buffer.alloc(13);
  bytes.writeUInt8(seidV4Flag, 0);
  bytes.writeBigUInt64BE(seid, 1);
  addressBytes(address).copy(bytes, 9);
  return element(elementTypes.fSeid, bytes);
}

export function readFSeid(value: Buffer): FSeid | undefined {
  if (value.length < 13 || ((value[0] ?? 0) & seidV4Flag) === 0) return undefined;
  return { seid: value.readBigUInt64BE(1), address: addressOf(value.subarray(9, 13)) };
}

export function fTeid(value: FTeid): Element {
  if (value === "choose") return element(elementTypes.fTeid, Buffer.of(v4Flag | chooseFlag));
  return element(elementTypes.fTeid, Buffer.concat([Buffer.of(v4Flag), tunnelBytes(value)]));
}

export function readFTeid(value: Buffer): FTeid | undefined {
  const flags = value[0] ?? 0;
  if ((flags & v4Flag) === 0) return undefined;
  if ((flags & chooseFlag) !== 0) return "choose";
  return value.length >= 9 ? readTunnel(value.subarray(1)) : undefined;
}

export function outerHeaderCreation(tunnel: Tunnel): Element {
  const description = Buffer.alloc(2);
  description.writeUInt16BE(gtpuIpv4);
  return element(elementTypes.outerHeaderCreation, Buffer.concat([description, tunnelBytes(tunnel)]));
}

export function readOuterHeaderCreation(value: Buffer): Tunnel | undefined {
  return value.length >= 10 && value.readUInt16BE(0) === gtpuIpv4 ? readTunnel(value.subarray(2)) : undefined;
}

export function ueIpAddress(address: string, isDestination: boolean): Element {
  const flags = ueV4Flag | (isDestination ? 0x04 : 0);
  return element(elementTypes.ueIpAddress, Buffer.concat([Buffer.of(flags), addressBytes(address)]));
}

function tunnelBytes({ address, teid }: Tunnel): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(teid, 0);
  addressBytes(address).copy(bytes, 4);
  return bytes;
}

function readTunnel(bytes: Buffer): Tunnel {
  return { teid: bytes.readUInt32BE(0), address: addressOf(bytes.subarray(4, 8)) };
}
