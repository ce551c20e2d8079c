/** Weft's own type-length-value fields inside a PROXY v2 header. */
import { Buffer } from "node:buffer";
import type { ServicePathHeader } from "../../core/model/service-path-header.ts";
import { decodeServicePathHeader, SERVICE_PATH_HEADER_BYTES, writeServicePathHeader } from "./service-path-header.ts";
import { readTransitProof, type TransitProof, transitProofByteCount, writeTransitProof } from "./transit-proof.ts";

export interface SteeringTlvs {
  /** Where on its path the whole connection is. */
  readonly servicePath?: ServicePathHeader;
  /** True: every HTTP/1.1 request on this connection carries its own `weft-nsh` header. */
  readonly perRequest?: boolean;
  /** Which way along the chain the bytes of the connection's initiator travel. */
  readonly direction?: Direction;
  /** True: whoever dialled waits for notices (codec/notice.ts). */
  readonly wantsNotices?: boolean;
  /** The connection is a probe, which carries nothing of a flow: whom it asks on its path. */
  readonly probe?: ProbeReach;
  /** By which functions of its path the connection came, as far as that is proved. */
  readonly proof?: TransitProof;
  /** The connection carries a copy of what travels this way, for a tap: nothing comes back, and nothing goes on from there. */
  readonly copyOf?: Direction;
  /** In front of a datagram on its way back that carries nothing: the application that it was for does not listen. */
  readonly isRefused?: boolean;
  /** Paths on which a function may send the flow on instead of its own, each with its chain's name. */
  readonly offers?: readonly PathOffer[];
}

export interface PathOffer {
  readonly chain: string;
  readonly servicePath: ServicePathHeader;
}

/** `proxies` alone, or `functions` and the application too. */
export type ProbeReach = "proxies" | "functions";

export type Direction = "request" | "response";

type SteeringTlvsResult =
  | { readonly kind: "tlvs"; readonly tlvs: SteeringTlvs }
  | { readonly kind: "rejected"; readonly reason: string };

/** Types 0xE0 to 0xEF are kept by the PROXY specification for custom use. */
const SERVICE_PATH = 0xe0;
const PER_REQUEST = 0xe1;
const DIRECTION = 0xe2;
const WANTS_NOTICES = 0xe3;
const COPY_OF = 0xe4;
const OFFER = 0xe5;
const PROBE = 0xe6;
const TRANSIT_PROOF = 0xe7;
const REFUSED = 0xe8;
const TLV_HEAD_BYTES = 3;

export function steeringTlvsByteCount(tlvs: SteeringTlvs): number {
  return (
    (tlvs.servicePath === undefined ? 0 : TLV_HEAD_BYTES + SERVICE_PATH_HEADER_BYTES) +
    (tlvs.perRequest === true ? TLV_HEAD_BYTES + 1 : 0) +
    (tlvs.direction === undefined ? 0 : TLV_HEAD_BYTES + 1) +
    (tlvs.wantsNotices === true ? TLV_HEAD_BYTES + 1 : 0) +
    (tlvs.probe === undefined ? 0 : TLV_HEAD_BYTES + 1) +
    (tlvs.proof === undefined ? 0 : TLV_HEAD_BYTES + transitProofByteCount(tlvs.proof)) +
    (tlvs.copyOf === undefined ? 0 : TLV_HEAD_BYTES + 1) +
    (tlvs.isRefused === true ? TLV_HEAD_BYTES + 1 : 0) +
    (tlvs.offers ?? []).reduce((sum, offer) => sum + TLV_HEAD_BYTES + offerByteCount(offer), 0)
  );
}

/** Writes {@link steeringTlvsByteCount} bytes from `start` on. */
export function writeSteeringTlvs(tlvs: SteeringTlvs, bytes: Buffer, start: number): void {
  let at = start;
  if (tlvs.servicePath !== undefined) {
    at = writeTlvHead(bytes, at, SERVICE_PATH, SERVICE_PATH_HEADER_BYTES);
    writeServicePathHeader(tlvs.servicePath, bytes, at);
    at += SERVICE_PATH_HEADER_BYTES;
  }
  if (tlvs.perRequest === true) at = bytes.writeUInt8(1, writeTlvHead(bytes, at, PER_REQUEST, 1));
  if (tlvs.wantsNotices === true) at = bytes.writeUInt8(1, writeTlvHead(bytes, at, WANTS_NOTICES, 1));
  if (tlvs.direction !== undefined) at = writeDirection(tlvs.direction, bytes, writeTlvHead(bytes, at, DIRECTION, 1));
  if (tlvs.copyOf !== undefined) at = writeDirection(tlvs.copyOf, bytes, writeTlvHead(bytes, at, COPY_OF, 1));
  if (tlvs.isRefused === true) at = bytes.writeUInt8(1, writeTlvHead(bytes, at, REFUSED, 1));
  for (const offer of tlvs.offers ?? []) at = writeOffer(offer, bytes, at);
  if (tlvs.probe !== undefined) {
    at = bytes.writeUInt8(tlvs.probe === "proxies" ? 0 : 1, writeTlvHead(bytes, at, PROBE, 1));
  }
  if (tlvs.proof !== undefined) {
    writeTransitProof(tlvs.proof, bytes, writeTlvHead(bytes, at, TRANSIT_PROOF, transitProofByteCount(tlvs.proof)));
  }
}

function offerByteCount({ chain }: PathOffer): number {
  return SERVICE_PATH_HEADER_BYTES + Buffer.byteLength(chain);
}

function writeOffer(offer: PathOffer, bytes: Buffer, start: number): number {
  const at = writeTlvHead(bytes, start, OFFER, offerByteCount(offer));
  writeServicePathHeader(offer.servicePath, bytes, at);
  return at + SERVICE_PATH_HEADER_BYTES + bytes.write(offer.chain, at + SERVICE_PATH_HEADER_BYTES);
}

function writeDirection(direction: Direction, bytes: Buffer, at: number): number {
  return bytes.writeUInt8(direction === "request" ? 0 : 1, at);
}

/** Walks every field up to `end`; foreign ones are skipped, a repeated or malformed own one is refused. */
export function readSteeringTlvs(bytes: Buffer, start: number, end: number): SteeringTlvsResult {
  let tlvs: SteeringTlvs = {};
  for (let at = start; at < end; ) {
    if (end - at < TLV_HEAD_BYTES) return rejected("PROXY header ends inside a TLV");
    const type = bytes.readUInt8(at);
    const length = bytes.readUInt16BE(at + 1);
    const value = at + TLV_HEAD_BYTES;
    if (length > end - value) return rejected(`PROXY header's TLV 0x${type.toString(16)} is longer than the header`);
    const next = readOwnTlv(tlvs, type, bytes.subarray(value, value + length));
    if (next.kind === "rejected") return next;
    tlvs = next.tlvs;
    at = value + length;
  }
  return { kind: "tlvs", tlvs };
}

function readOwnTlv(tlvs: SteeringTlvs, type: number, value: Uint8Array): SteeringTlvsResult {
  switch (type) {
    case SERVICE_PATH: {
      if (tlvs.servicePath !== undefined) return rejected("PROXY header carries two service path headers");
      if (value.length !== SERVICE_PATH_HEADER_BYTES)
        return rejected(`service path TLV has ${value.length} bytes instead of 8`);
      const path = decodeServicePathHeader(value, 0);
      return path.kind === "rejected" ? path : accepted({ ...tlvs, servicePath: path.header });
    }
    case PER_REQUEST:
      if (tlvs.perRequest !== undefined) return rejected("PROXY header carries two per-request TLVs");
      if (!isBoolean(value)) return rejected("per-request TLV is not one byte of 0 or 1");
      return accepted({ ...tlvs, perRequest: value[0] === 1 });
    case DIRECTION:
      if (tlvs.direction !== undefined) return rejected("PROXY header carries two directions");
      if (!isBoolean(value)) return rejected("direction TLV is not one byte of 0 or 1");
      return accepted({ ...tlvs, direction: directionOf(value) });
    case WANTS_NOTICES:
      if (tlvs.wantsNotices !== undefined) return rejected("PROXY header asks for notices twice");
      if (!isBoolean(value)) return rejected("notices TLV is not one byte of 0 or 1");
      return accepted({ ...tlvs, wantsNotices: value[0] === 1 });
    case PROBE:
      if (tlvs.probe !== undefined) return rejected("PROXY header is a probe twice");
      if (!isBoolean(value)) return rejected("probe TLV is not one byte of 0 or 1");
      return accepted({ ...tlvs, probe: value[0] === 1 ? "functions" : "proxies" });
    case TRANSIT_PROOF: {
      if (tlvs.proof !== undefined) return rejected("PROXY header carries two transit proofs");
      const read = readTransitProof(value);
      return read.kind === "rejected" ? read : accepted({ ...tlvs, proof: read.proof });
    }
    case COPY_OF:
      if (tlvs.copyOf !== undefined) return rejected("PROXY header is of two copies");
      if (!isBoolean(value)) return rejected("copy TLV is not one byte of 0 or 1");
      return accepted({ ...tlvs, copyOf: directionOf(value) });
    case REFUSED:
      if (tlvs.isRefused !== undefined) return rejected("PROXY header refuses twice");
      if (!isBoolean(value)) return rejected("refusal TLV is not one byte of 0 or 1");
      return accepted({ ...tlvs, isRefused: value[0] === 1 });
    case OFFER:
      return readOffer(tlvs, value);
    default:
      return accepted(tlvs);
  }
}

function readOffer(tlvs: SteeringTlvs, value: Uint8Array): SteeringTlvsResult {
  const path = decodeServicePathHeader(value, 0);
  if (path.kind === "rejected") return path;
  const chain = Buffer.from(value.subarray(SERVICE_PATH_HEADER_BYTES)).toString();
  return accepted({ ...tlvs, offers: [...(tlvs.offers ?? []), { chain, servicePath: path.header }] });
}

function directionOf([value]: Uint8Array): Direction {
  return value === 0 ? "request" : "response";
}

function isBoolean(value: Uint8Array): boolean {
  return value.length === 1 && (value[0] ?? 2) < 2;
}

function writeTlvHead(bytes: Buffer, at: number, type: number, length: number): number {
  return bytes.writeUInt16BE(length, bytes.writeUInt8(type, at));
}

function accepted(tlvs: SteeringTlvs): SteeringTlvsResult {
  return { kind: "tlvs", tlvs };
}

function rejected(reason: string): SteeringTlvsResult {
  return { kind: "rejected", reason };
}
