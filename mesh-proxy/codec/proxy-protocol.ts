/**
 * PROXY protocol version 2 (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt, section 2.2) with Weft's own
 * fields in the range kept for custom use (steering-tlvs.ts).
 */
import { Buffer } from "node:buffer";
import { formatIpAddress, parseIpAddress, toIpv6Bytes } from "../../core/model/ip-address.ts";
import { readSteeringTlvs, type SteeringTlvs, steeringTlvsByteCount, writeSteeringTlvs } from "./steering-tlvs.ts";

export interface SocketEndpoint {
  /** IPv4 or IPv6 in text, without zone. */
  readonly address: string;
  readonly port: number;
}

export interface ProxyHeader {
  /** `local`: the sender speaks for itself (a health check), addresses mean nothing and are absent. */
  readonly command: "proxy" | "local";
  readonly source?: SocketEndpoint;
  readonly destination?: SocketEndpoint;
  readonly tlvs: SteeringTlvs;
}

export type ProxyHeaderResult =
  | { readonly kind: "absent" }
  | { readonly kind: "partial" }
  | ({ readonly kind: "header"; readonly bytesUsed: number } & ProxyHeader)
  | { readonly kind: "rejected"; readonly reason: string };

export const PROXY_SIGNATURE = Buffer.from("0d0a0d0a000d0a515549540a", "hex");
/** Longest header accepted, bytes; the specification asks senders to stay within 536. */
export const PROXY_HEADER_BYTES_MAX = 536;

const FIXED_BYTES = 16;
const VERSION = 0x20;
const COMMAND_PROXY = 0x01;
const FAMILY_IPV4 = 0x10;
const FAMILY_IPV6 = 0x20;
const TRANSPORT = { tcp: 0x01, udp: 0x02 } as const;

/** `udp`: the header stands in front of each datagram. */
export type ProxiedTransport = keyof typeof TRANSPORT;

/** `10.0.0.5:40000`, `[fd00::5]:40000`. */
export function formatEndpoint({ address, port }: SocketEndpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** @throws RangeError when an address is no IP address or a field is out of its range. */
export function encodeProxyHeader(header: {
  readonly source: SocketEndpoint;
  readonly destination: SocketEndpoint;
  readonly tlvs?: SteeringTlvs;
  /** `tcp` unless told. */
  readonly transport?: ProxiedTransport;
}): Buffer {
  const [source, destination] = sameFamily(addressBytes(header.source), addressBytes(header.destination));
  const addressesByteCount = 2 * source.length + 4;
  const tlvs = header.tlvs ?? {};
  const bytes = Buffer.alloc(FIXED_BYTES + addressesByteCount + steeringTlvsByteCount(tlvs));
  const family = source.length === 4 ? FAMILY_IPV4 : FAMILY_IPV6;
  writeFixedPart(bytes, COMMAND_PROXY, family | TRANSPORT[header.transport ?? "tcp"]);
  bytes.set(source, FIXED_BYTES);
  bytes.set(destination, FIXED_BYTES + source.length);
  bytes.writeUInt16BE(header.source.port, FIXED_BYTES + 2 * source.length);
  bytes.writeUInt16BE(header.destination.port, FIXED_BYTES + 2 * source.length + 2);
  writeSteeringTlvs(tlvs, bytes, FIXED_BYTES + addressesByteCount);
  return bytes;
}

/** The header of a connection that a proxy opens for itself, such as a health check. */
export function encodeLocalProxyHeader(): Buffer {
  const bytes = Buffer.alloc(FIXED_BYTES);
  writeFixedPart(bytes, 0, 0);
  return bytes;
}

/**
 * Reads the header that may stand at `start`. `partial`: call again with the same bytes and more of them, which needs at
 * most {@link PROXY_HEADER_BYTES_MAX}; of a datagram there is no more to come. `absent`: the first bytes are no signature, nothing is used. Unknown TLVs are skipped.
 */
export function readProxyHeader(
  bytes: Buffer,
  start: number,
  end: number,
  transport: ProxiedTransport = "tcp",
): ProxyHeaderResult {
  const available = end - start;
  const compared = Math.min(available, PROXY_SIGNATURE.length);
  for (let i = 0; i < compared; i++) if (bytes[start + i] !== PROXY_SIGNATURE[i]) return { kind: "absent" };
  if (available < FIXED_BYTES) return { kind: "partial" };
  const bytesUsed = FIXED_BYTES + bytes.readUInt16BE(start + 14);
  const [command, family] = [bytes.readUInt8(start + 12), bytes.readUInt8(start + 13)];
  const problem = problemOfFixedPart(command, bytesUsed) ?? problemOfFamily(command, family, transport);
  if (problem !== undefined) return rejected(problem);
  if (available < bytesUsed) return { kind: "partial" };
  return readBody(bytes, start, bytesUsed);
}

function readBody(bytes: Buffer, start: number, bytesUsed: number): ProxyHeaderResult {
  if ((bytes.readUInt8(start + 12) & 0x0f) !== COMMAND_PROXY)
    return { kind: "header", bytesUsed, command: "local", tlvs: {} };
  const width = (bytes.readUInt8(start + 13) & 0xf0) === FAMILY_IPV4 ? 4 : 16;
  const tlvsStart = start + FIXED_BYTES + 2 * width + 4;
  if (tlvsStart > start + bytesUsed) return rejected("PROXY header is shorter than its addresses");
  const tlvs = readSteeringTlvs(bytes, tlvsStart, start + bytesUsed);
  if (tlvs.kind === "rejected") return tlvs;
  const addresses = start + FIXED_BYTES;
  const source = { address: formatIpAddress(bytes, addresses, width), port: bytes.readUInt16BE(addresses + 2 * width) };
  const destination = {
    address: formatIpAddress(bytes, addresses + width, width),
    port: bytes.readUInt16BE(addresses + 2 * width + 2),
  };
  return { kind: "header", bytesUsed, command: "proxy", source, destination, tlvs: tlvs.tlvs };
}

function problemOfFixedPart(versionAndCommand: number, bytesUsed: number): string | undefined {
  if ((versionAndCommand & 0xf0) !== VERSION)
    return `PROXY header has version ${versionAndCommand >> 4}, only 2 is known`;
  if ((versionAndCommand & 0x0f) > COMMAND_PROXY) return `PROXY header has unknown command ${versionAndCommand & 0x0f}`;
  if (bytesUsed > PROXY_HEADER_BYTES_MAX)
    return `PROXY header has ${bytesUsed} bytes, at most ${PROXY_HEADER_BYTES_MAX} are accepted`;
  return undefined;
}

function problemOfFamily(versionAndCommand: number, family: number, transport: ProxiedTransport): string | undefined {
  const isLocal = (versionAndCommand & 0x0f) === 0;
  const isIp = (family & 0xf0) === FAMILY_IPV4 || (family & 0xf0) === FAMILY_IPV6;
  if (isLocal || (isIp && (family & 0x0f) === TRANSPORT[transport])) return undefined;
  const text = family.toString(16).padStart(2, "0");
  return `PROXY header has family 0x${text}, only ${transport.toUpperCase()} over IPv4 or IPv6 is accepted`;
}

function writeFixedPart(bytes: Buffer, command: number, family: number): void {
  bytes.set(PROXY_SIGNATURE);
  bytes.writeUInt8(VERSION | command, 12);
  bytes.writeUInt8(family, 13);
  bytes.writeUInt16BE(bytes.length - FIXED_BYTES, 14);
}

function addressBytes(endpoint: SocketEndpoint): Uint8Array {
  const bytes = parseIpAddress(endpoint.address);
  if (bytes === undefined) throw new RangeError(`"${endpoint.address}" is not an IP address`);
  return bytes;
}

function sameFamily(a: Uint8Array, b: Uint8Array): readonly [Uint8Array, Uint8Array] {
  return a.length === b.length ? [a, b] : [toIpv6Bytes(a), toIpv6Bytes(b)];
}

function rejected(reason: string): ProxyHeaderResult {
  return { kind: "rejected", reason };
}
