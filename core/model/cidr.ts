/** Blocks of IP addresses, such as `10.45.0.0/16` (RFC 4632). */
import { parseIpAddress } from "./ip-address.ts";

export interface Cidr {
  /** 4 or 16 bytes; those behind the prefix are 0. */
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
}

/** @returns undefined when `text` is no block. Bits behind the prefix may be set, and are ignored. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf("/");
  const address = slash < 0 ? undefined : parseIpAddress(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (address === undefined || !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefixLength = Number(length);
  if (prefixLength > 8 * address.length) return undefined;
  const bytes = address.map((byte, at) => byte & maskOf(prefixLength - 8 * at));
  return { bytes, prefixLength };
}

/** Addresses of the other family are in no block. */
export function isInCidr({ bytes, prefixLength }: Cidr, address: Uint8Array): boolean {
  if (address.length !== bytes.length) return false;
  return bytes.every((byte, at) => ((address[at] as number) & maskOf(prefixLength - 8 * at)) === byte);
}

/** Two blocks have an address in common when one lies in the other. */
export function cidrsOverlap(a: Cidr, b: Cidr): boolean {
  return a.prefixLength <= b.prefixLength ? isInCidr(a, b.bytes) : isInCidr(b, a.bytes);
}

/** The mask of one byte of which `bits` count. */
function maskOf(bits: number): number {
  return bits >= 8 ? 0xff : bits <= 0 ? 0 : (0xff << (8 - bits)) & 0xff;
}
