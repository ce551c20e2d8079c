/** What must hold of everything that a proxy reads off the wire before it trusts anybody, whatever the bytes are. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { PROXY_HEADER_BYTES_MAX, PROXY_SIGNATURE, readProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import { decodeServicePathHeader, encodeServicePathHeader } from "../../mesh-proxy/codec/service-path-header.ts";
import { readClientHello } from "../../mesh-proxy/codec/tls-client-hello.ts";
import { readTransitProof, transitProofByteCount, writeTransitProof } from "../../mesh-proxy/codec/transit-proof.ts";
import { parseRecord } from "../../mesh-proxy/probe/probe-record.ts";
import { clientHello } from "./client-hello.ts";

export interface WireProperty {
  readonly name: string;
  readonly property: fc.IProperty<[Buffer, number]>;
}

/** Eight bytes that are a header but for a few bits, or any eight. */
const nearHeaders = fc.oneof(
  fc
    .tuple(fc.nat(2 ** 24 - 1), fc.nat(255), fc.nat(63), fc.array(fc.nat(63), { maxLength: 2 }))
    .map(([spi, serviceIndex, ttl, flips]) => flipped(encodeServicePathHeader({ spi, serviceIndex, ttl }), flips)),
  fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
);

const tlv = fc
  .tuple(fc.oneof(fc.constantFrom(0x01, 0x02, 0x04, 0x20, 0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7), fc.nat(255)), fc.uint8Array({ maxLength: 12 }))
  .map(([type, value]) => Buffer.concat([Buffer.of(type, 0, value.length), value])); // biome-ignore format: short
const field = (type: number, ...value: readonly Buffer[]) => {
  const bytes = Buffer.concat(value);
  return Buffer.concat([Buffer.of(type, 0, bytes.length), bytes]);
};
const nearPreludes = fc
  .tuple(
    fc.constantFrom(0x20, 0x21),
    fc.constantFrom(0x11, 0x21, 0x00),
    fc.uint8Array({ minLength: 12, maxLength: 36 }),
    fc.array(fc.oneof(tlv, nearHeaders.map((header) => field(0xe0, header)), nearHeaders.map((header) => field(0xe5, header, Buffer.from("c1")))), { maxLength: 5 }),
    fc.array(fc.nat(800), { maxLength: 2 }),
  )
  .map(([command, family, addresses, tlvs, flips]) => {
    const width = family === 0x21 ? 36 : 12;
    const body = Buffer.concat([Buffer.concat([addresses], width), ...tlvs]);
    const head = Buffer.concat([PROXY_SIGNATURE, Buffer.of(command, family, body.length >> 8, body.length & 255)]);
    return flipped(Buffer.concat([head, body]), flips);
  }); // biome-ignore format: short

const nearHellos = fc
  .tuple(fc.constantFrom(undefined, "udm.core", "a"), fc.integer({ min: 1, max: 300 }), fc.array(fc.nat(2000), { maxLength: 3 }))
  .map(([serverName, recordBytes, flips]) => flipped(clientHello({ serverName, recordBytes, before: [[43, 9]] }), flips)); // biome-ignore format: short

const nearProofs = fc
  .tuple(fc.uint8Array({ minLength: 45, maxLength: 52 }), fc.uniqueArray(fc.integer({ min: 0, max: 255 }), { maxLength: 8 }), fc.array(fc.nat(480), { maxLength: 2 }))
  .map(([body, signed, flips]) => flipped(Buffer.concat([Buffer.of(1), body, Buffer.from(signed.toSorted((a, b) => b - a))]), flips)); // biome-ignore format: short

const recordBytes = Buffer.from(
  '{"kind":"hop","pod":"core/fw-0","node":"n1","chain":"n6","spi":7,"serviceIndex":2,"function":"fw"}',
);
const nearRecords = fc.oneof(
  fc.array(fc.nat(8 * recordBytes.length), { maxLength: 3 }).map((flips) => flipped(Buffer.from(recordBytes), flips)),
  fc.json({ maxDepth: 3 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
); // biome-ignore format: short

export const wireProperties: readonly WireProperty[] = [
  { name: "a service path header is read as RFC 8300 draws it", property: over(nearHeaders, readsAsDrawn) },
  { name: "a PROXY header is read as its specification lays it out", property: over(nearPreludes, readsAsLaidOut) },
  { name: "a ClientHello gives one answer, however much of it is there", property: over(nearHellos, answersOnce) },
  { name: "a transit proof is what it is written as, or has a reason", property: over(nearProofs, isItsBytes) },
  { name: "what a hop says of a probe is a record, or has a reason", property: over(nearRecords, saysOrRefuses) },
];

function over(bytes: fc.Arbitrary<Buffer>, holds: (bytes: Buffer, cut: number) => boolean) {
  return fc.property(bytes, fc.nat(), holds);
}

/** Bit by bit: Ver|O|U|TTL|Length|U|U|U|U|MD type|Next protocol, SPI, SI (RFC 8300, section 2.2 and 2.3). */
function readsAsDrawn(bytes: Buffer): boolean {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  const field = (from: number, length: number) => Number.parseInt(bits.slice(from, from + length), 2);
  const isSound = field(0, 2) === 0 && field(2, 1) === 0 && field(10, 6) === 2 && field(20, 4) === 2 && field(24, 8) === 0xfe; // biome-ignore format: short
  const result = decodeServicePathHeader(bytes, 0);
  if (result.kind === "rejected") return !isSound && result.reason !== "";
  const { spi, serviceIndex, ttl } = result.header;
  return isSound && ttl === field(4, 6) && spi === field(32, 24) && serviceIndex === field(56, 8);
}

/** Length, addresses and fields where section 2.2 has them; every beginning is partial, and what follows is left alone. */
function readsAsLaidOut(bytes: Buffer, cut: number): boolean {
  const whole = Buffer.concat([bytes, Buffer.from("more")]);
  const result = readProxyHeader(whole, 0, whole.length);
  if (result.kind === "absent") return !bytes.subarray(0, 12).equals(PROXY_SIGNATURE);
  const length = 16 + bytes.readUInt16BE(14);
  if (result.kind === "rejected") return result.reason !== "";
  if (result.kind === "partial") return whole.length < length && length <= PROXY_HEADER_BYTES_MAX;
  const early = readProxyHeader(whole, 0, Math.min(cut % length, whole.length));
  if (result.bytesUsed !== length || length > whole.length || early.kind !== "partial") return false;
  if (result.command === "local") return result.source === undefined;
  const portsAt = bytes[13] === 0x11 ? 24 : 48;
  const arePorts = result.source?.port === bytes.readUInt16BE(portsAt) && result.destination?.port === bytes.readUInt16BE(portsAt + 2); // biome-ignore format: short
  return arePorts && fieldsAgree(whole.subarray(portsAt + 4, length), result.tlvs);
}

/** The same fields, found by walking over them in the plainest way. */
function fieldsAgree(
  fields: Buffer,
  tlvs: Extract<ReturnType<typeof readProxyHeader>, { kind: "header" }>["tlvs"],
): boolean {
  const found = new Map<number, Buffer>();
  const offers: (string | undefined)[] = [];
  for (let at = 0; at < fields.length; at += 3 + fields.readUInt16BE(at + 1)) {
    const value = fields.subarray(at + 3, at + 3 + fields.readUInt16BE(at + 1));
    found.set(fields.readUInt8(at), value);
    if (fields.readUInt8(at) === 0xe5) offers.push(value.toString("utf8", 8));
  }
  const flag = (type: number) => (found.has(type) ? found.get(type)?.[0] === 1 : undefined);
  const path = found.get(0xe0);
  const decoded = path && decodeServicePathHeader(path, 0);
  const isPath = path === undefined ? tlvs.servicePath === undefined : decoded?.kind === "header" && decoded.header.spi === tlvs.servicePath?.spi; // biome-ignore format: short
  const direction = (type: number) => (flag(type) === undefined ? undefined : flag(type) ? "response" : "request");
  const probe = flag(0xe6) === undefined ? undefined : flag(0xe6) ? "functions" : "proxies";
  if (probe !== tlvs.probe || found.has(0xe7) !== (tlvs.proof !== undefined)) return false;
  const areFlags = tlvs.perRequest === flag(0xe1) && tlvs.wantsNotices === flag(0xe3);
  const areOffers = offers.length === (tlvs.offers?.length ?? 0) && offers.every((chain, at) => chain === tlvs.offers?.[at]?.chain); // biome-ignore format: short
  return isPath && areFlags && areOffers && tlvs.direction === direction(0xe2) && tlvs.copyOf === direction(0xe4);
}

function answersOnce(bytes: Buffer, cut: number): boolean {
  const late = readClientHello(bytes, 0, bytes.length);
  const early = readClientHello(bytes, 0, cut % (bytes.length + 1));
  return early.kind === "partial" || early.kind === late.kind;
}

function isItsBytes(bytes: Buffer): boolean {
  const result = readTransitProof(bytes);
  if (result.kind === "rejected") return result.reason !== "";
  const again = Buffer.alloc(transitProofByteCount(result.proof));
  writeTransitProof(result.proof, again, 0);
  return (
    again.equals(bytes) && result.proof.signed.every((index, at, all) => index > 0 && index < (all[at - 1] ?? 256))
  );
}

function saysOrRefuses(bytes: Buffer): boolean {
  const record = parseRecord(bytes.toString());
  if (record.kind === "rejected") return record.reason !== "";
  return ["hop", "asked", "link", "stopped"].includes(record.value.kind);
}

function flipped(bytes: Buffer, bits: readonly number[]): Buffer {
  for (const bit of bits) if (bit >> 3 < bytes.length) bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  return bytes;
}
