/** What must hold of everything that a proxy reads off the wire before it trusts anybody, whatever the bytes are. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { GtpuHeader } from "../../mesh-proxy/codec/gtpu.ts";
import { PfcpHeader } from "../../mesh-proxy/codec/pfcp.ts";
import { PROXY_HEADER_BYTES_MAX, PROXY_SIGNATURE, readProxyHeader } from "../../mesh-proxy/codec/proxy-protocol.ts";
import { decodeServicePathHeader, encodeServicePathHeader } from "../../mesh-proxy/codec/service-path-header.ts";
import { readClientHello } from "../../mesh-proxy/codec/tls-client-hello.ts";
import { readTransitProof, transitProofByteCount, writeTransitProof } from "../../mesh-proxy/codec/transit-proof.ts";
import { parseRecord } from "../../mesh-proxy/probe/probe-record.ts";
import { clientHello } from "./client-hello.ts";
import { httpProperties } from "./http-properties.ts";
import { holding, type WireProperty } from "./wire-property.ts";

/** Eight bytes that are a header but for a few bits, or any eight. */
const nearHeaders = fc.oneof(
  fc
    .tuple(fc.nat(2 ** 24 - 1), fc.nat(255), fc.nat(63), fc.array(fc.nat(63), { maxLength: 2 }))
    .map(([spi, serviceIndex, ttl, flips]) => flipped(encodeServicePathHeader({ spi, serviceIndex, ttl }), flips)),
  fc.uint8Array({ minLength: 8, maxLength: 8 }).map((bytes) => Buffer.from(bytes)),
);

const tlv = fc
  .tuple(fc.oneof(fc.constantFrom(0x01, 0x02, 0x04, 0x20, 0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8), fc.nat(255)), fc.uint8Array({ maxLength: 12 }))
  .map(([type, value]) => Buffer.concat([Buffer.of(type, 0, value.length), value])); // biome-ignore format: short
const field = (type: number, ...value: readonly Buffer[]) => {
  const bytes = Buffer.concat(value);
  return Buffer.concat([Buffer.of(type, 0, bytes.length), bytes]);
};
const nearPreludes = fc
  .tuple(
    fc.constantFrom(0x20, 0x21),
    fc.constantFrom(0x11, 0x21, 0x12, 0x22, 0x00),
    fc.uint8Array({ minLength: 12, maxLength: 36 }),
    fc.array(fc.oneof(tlv, nearHeaders.map((header) => field(0xe0, header)), nearHeaders.map((header) => field(0xe5, header, Buffer.from("c1")))), { maxLength: 5 }),
    fc.array(fc.nat(800), { maxLength: 2 }),
  )
  .map(([command, family, addresses, tlvs, flips]) => {
    const width = family >> 4 === 2 ? 36 : 12;
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

const nearGtpu = fc
  .tuple(fc.nat(7), fc.constantFrom(1, 26, 254, 255), fc.nat(2 ** 32 - 1), fc.array(fc.uint8Array({ minLength: 2, maxLength: 2 }), { maxLength: 4 }), fc.array(fc.nat(160), { maxLength: 2 }))
  .map(([flags, type, teid, contents, flips]) => {
    const extensions = contents.map((content, at) => Buffer.of(1, ...content, at + 1 < contents.length ? 0x85 : 0));
    const optional = flags === 0 ? [] : [Buffer.of(0, 9, 0, contents.length > 0 ? 0x85 : 0)];
    const body = Buffer.concat([...optional, ...((flags & 4) === 0 ? [] : extensions), Buffer.from("user")]);
    const head = Buffer.of(0x30 | flags, type, 0, body.length, 0, 0, 0, 0);
    head.writeUInt32BE(teid, 4);
    return flipped(Buffer.concat([head, body]), flips);
  }); // biome-ignore format: short

const nearPfcp = fc
  .tuple(fc.nat(7), fc.integer({ min: 1, max: 57 }), fc.uint8Array({ minLength: 12, maxLength: 12 }), fc.array(fc.tuple(fc.constantFrom(57, 60, 19), fc.uint8Array({ maxLength: 13 })), { maxLength: 4 }), fc.array(fc.nat(200), { maxLength: 2 }))
  .map(([flags, type, numbers, elements, flips]) => {
    const body = Buffer.concat([
      Buffer.from(numbers.subarray((flags & 1) === 1 ? 0 : 8)),
      ...elements.map(([kind, value]) => Buffer.of(0, kind, 0, value.length, ...value)),
    ]);
    return flipped(Buffer.concat([Buffer.of(0x20 | flags, type, 0, body.length), body]), flips);
  }); // biome-ignore format: short

export const wireProperties: readonly WireProperty[] = [
  holding("a service path header is read as RFC 8300 draws it", over(nearHeaders, readsAsDrawn)),
  holding("a PROXY header is read as its specification lays it out", over(nearPreludes, readsAsLaidOut)),
  holding("a ClientHello gives one answer, however much of it is there", over(nearHellos, answersOnce)),
  holding("a transit proof is what it is written as, or has a reason", over(nearProofs, isItsBytes)),
  holding("a GTP-U header is read as TS 29.281 draws it", over(nearGtpu, readsTunnel)),
  holding("a PFCP header is read as TS 29.244 draws it", over(nearPfcp, readsSession)),
  holding("what a hop says of a probe is a record, or has a reason", over(nearRecords, saysOrRefuses)),
  ...httpProperties,
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
  const transport = ((bytes[13] ?? 0) & 0x0f) === 2 ? "udp" : "tcp";
  const result = readProxyHeader(whole, 0, whole.length, transport);
  if (result.kind === "absent") return !bytes.subarray(0, 12).equals(PROXY_SIGNATURE);
  const length = 16 + bytes.readUInt16BE(14);
  if (result.kind === "rejected") return result.reason !== "";
  if (result.kind === "partial") return whole.length < length && length <= PROXY_HEADER_BYTES_MAX;
  const early = readProxyHeader(whole, 0, Math.min(cut % length, whole.length), transport);
  if (result.bytesUsed !== length || length > whole.length || early.kind !== "partial") return false;
  if (result.command === "local") return result.source === undefined;
  const portsAt = (bytes[13] ?? 0) >> 4 === 1 ? 24 : 48;
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
  if (tlvs.isRefused !== flag(0xe8)) return false;
  const areOffers = offers.length === (tlvs.offers?.length ?? 0) && offers.every((chain, at) => chain === tlvs.offers?.[at]?.chain); // biome-ignore format: short
  return isPath && areFlags && areOffers && tlvs.direction === direction(0xe2) && tlvs.copyOf === direction(0xe4);
}

function readsTunnel(bytes: Buffer): boolean {
  const header = new GtpuHeader();
  const problem = header.read(bytes, 0, bytes.length);
  const flags = bytes.readUInt8(0);
  const end = 8 + bytes.readUInt16BE(2);
  const isFixedSound = flags >> 4 === 3 && end <= bytes.length;
  if (!isFixedSound) return problem !== undefined;
  let payload = (flags & 7) === 0 ? 8 : 12;
  let next = (flags & 4) === 0 ? 0 : bytes.readUInt8(11);
  let isSound = payload <= end;
  for (let left = 16; isSound && next !== 0; left--) {
    const length = payload < end ? 4 * bytes.readUInt8(payload) : 0;
    isSound = left > 0 && length > 0 && payload + length <= end;
    payload += length;
    next = isSound ? bytes.readUInt8(payload - 1) : 0;
  }
  if (problem !== undefined) return !isSound;
  return isSound && header.teid === bytes.readUInt32BE(4) && header.payloadStart === payload && header.end === end;
}

function readsSession(bytes: Buffer): boolean {
  const header = new PfcpHeader();
  const problem = header.read(bytes, 0, bytes.length);
  const [hasSeid, end] = [(bytes.readUInt8(0) & 1) === 1, 4 + bytes.readUInt16BE(2)];
  const body = hasSeid ? 16 : 8;
  const isSound = bytes.readUInt8(0) >> 5 === 1 && body <= end && end <= bytes.length;
  if (problem !== undefined) return !isSound;
  let found = -1;
  for (let at = body; found < 0 && at + 4 <= end && at + 4 + bytes.readUInt16BE(at + 2) <= end; ) {
    const length = bytes.readUInt16BE(at + 2);
    if (bytes.readUInt16BE(at) === 57) found = length > 8 ? at + 5 : bytes.length;
    at += 4 + length;
  }
  const isZero = hasSeid && bytes.readBigUInt64BE(4) === 0n;
  const isNumber = header.sequence === bytes.readUIntBE(body - 4, 3) && header.isSeidZero === isZero;
  return isSound && isNumber && header.findSenderSeid(bytes) === (found === bytes.length ? -1 : found);
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
