/**
 * The NSH base header and service path header, 8 bytes, as RFC 8300 section 2 lays them out (MD type 2, no metadata):
 *
 *     |Ver|O|U|    TTL    |  Length   |U|U|U|U|MD Type| Next Protocol |
 *     |          Service Path Identifier (SPI)        | Service Index |
 */
import { Buffer } from "node:buffer";
import type { ServicePathHeader, ServicePathResult } from "../../core/model/service-path-header.ts";

export type { ServicePathHeader } from "../../core/model/service-path-header.ts";

export const SERVICE_PATH_HEADER_BYTES = 8;
const LENGTH_WORDS = 2;
const MD_TYPE = 2;
/** RFC 8300 section 9.1.3, "Experiment 1": what follows is a byte stream and no packet of a registered protocol. */
const NEXT_PROTOCOL = 0xfe;
const SPI_MAX = 0xff_ffff;

/** @throws RangeError when a field is out of its range. */
export function encodeServicePathHeader(header: ServicePathHeader): Buffer {
  const bytes = Buffer.alloc(SERVICE_PATH_HEADER_BYTES);
  writeServicePathHeader(header, bytes, 0);
  return bytes;
}

/** Writes 8 bytes at `start`. @throws RangeError when a field is out of its range. */
export function writeServicePathHeader(header: ServicePathHeader, bytes: Buffer, start: number): void {
  assertRange("spi", header.spi, SPI_MAX);
  assertRange("serviceIndex", header.serviceIndex, 255);
  assertRange("ttl", header.ttl, 63);
  bytes.writeUInt32BE((header.ttl << 22) | (LENGTH_WORDS << 16) | (MD_TYPE << 8) | NEXT_PROTOCOL, start);
  bytes.writeUInt32BE(header.spi * 256 + header.serviceIndex, start + 4);
}

/** Reads the 8 bytes at `start`; refuses what Weft's proxies never send (OAM packets, metadata, other versions). */
export function decodeServicePathHeader(bytes: Uint8Array, start: number): ServicePathResult {
  if (bytes.length - start < SERVICE_PATH_HEADER_BYTES) return rejected("service path header is shorter than 8 bytes");
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0, b6 = 0, b7 = 0] = bytes.subarray(start, start + 8);
  if (b0 >> 6 !== 0) return rejected(`service path header has version ${b0 >> 6}, only 0 is known`);
  if ((b0 & 0x20) !== 0) return rejected("service path header is an OAM packet");
  if ((b1 & 0x3f) !== LENGTH_WORDS)
    return rejected(`service path header has length ${b1 & 0x3f} words, only 2 are accepted`);
  if ((b2 & 0x0f) !== MD_TYPE)
    return rejected(`service path header has metadata type ${b2 & 0x0f}, only 2 is accepted`);
  if (b3 !== NEXT_PROTOCOL)
    return rejected(`service path header has next protocol ${b3}, only ${NEXT_PROTOCOL} is accepted`);
  const ttl = ((b0 & 0x0f) << 2) | (b1 >> 6);
  return { kind: "header", header: { spi: (b4 << 16) | (b5 << 8) | b6, serviceIndex: b7, ttl } };
}

/** The value of the HTTP header `weft-nsh`: the 8 bytes as 16 lower-case hexadecimal digits. */
export function formatServicePathHeader(header: ServicePathHeader): string {
  return encodeServicePathHeader(header).toString("hex");
}

export function parseServicePathHeader(text: string): ServicePathResult {
  if (!/^[0-9a-fA-F]{16}$/.test(text)) return rejected("weft-nsh is not 16 hexadecimal digits");
  return decodeServicePathHeader(Buffer.from(text, "hex"), 0);
}

function assertRange(name: string, value: number, max: number): void {
  if (!Number.isInteger(value) || value < 0 || value > max)
    throw new RangeError(`${name} is ${value}, not in 0..${max}`);
}

function rejected(reason: string): ServicePathResult {
  return { kind: "rejected", reason };
}
