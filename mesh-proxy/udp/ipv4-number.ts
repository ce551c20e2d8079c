/**
 * IPv4 addresses as numbers, as the kernel has them, and as texts, as Node has them. What core/model/ip-address.ts reads and writes of
 * any family, with arrays in between, is done here for each datagram, without.
 */

const DOT = 0x2e;
const ZERO = 0x30;

/** @returns -1 for anything but four decimal numbers */
export function parseIpv4(text: string): number {
  let [address, part, digits, dots] = [0, 0, 0, 0];
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || ++dots > 3) return -1;
      address = address * 256 + part;
      part = 0;
      digits = 0;
      continue;
    }
    const digit = code - ZERO;
    if (digit < 0 || digit > 9 || ++digits > 3) return -1;
    part = part * 10 + digit;
    if (part > 255) return -1;
  }
  return dots === 3 && digits > 0 ? address * 256 + part : -1;
}

export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}
