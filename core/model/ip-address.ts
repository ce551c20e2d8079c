/** IP addresses between text and network-order bytes, without node:net. */

const MAPPED_PREFIX_BYTES = 12;

/** @returns 4 or 16 bytes, or undefined when `text` is no IP address. IPv4-mapped IPv6 comes back as IPv4; zones are refused. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  if (!text.includes(":")) return parseIpv4(text);
  const bytes = parseIpv6(text);
  return bytes !== undefined && isIpv4Mapped(bytes) ? bytes.subarray(MAPPED_PREFIX_BYTES) : bytes;
}

/** IPv6 follows RFC 5952 (lower case, longest run of zeros shortened); IPv4-mapped IPv6 is shown as IPv4. */
export function formatIpAddress(bytes: Uint8Array, start: number, byteCount: 4 | 16): string {
  if (byteCount === 4) return bytes.subarray(start, start + 4).join(".");
  if (isIpv4Mapped(bytes.subarray(start, start + 16))) return formatIpAddress(bytes, start + MAPPED_PREFIX_BYTES, 4);
  const groups = Array.from({ length: 8 }, (_, i) => groupAt(bytes, start + 2 * i));
  const run = longestZeroRun(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (run.length < 2) return text(groups);
  return `${text(groups.slice(0, run.start))}::${text(groups.slice(run.start + run.length))}`;
}

/** The one way to write an address, as a socket shows it; what is no address stays as it is. */
export function canonicalIpAddress(text: string): string {
  const bytes = parseIpAddress(text);
  return bytes === undefined ? text : formatIpAddress(bytes, 0, bytes.length === 4 ? 4 : 16);
}

/** The 16-byte form of an address of either family. */
export function toIpv6Bytes(address: Uint8Array): Uint8Array {
  if (address.length === 16) return address;
  const mapped = new Uint8Array(16);
  mapped.fill(0xff, 10, MAPPED_PREFIX_BYTES);
  mapped.set(address, MAPPED_PREFIX_BYTES);
  return mapped;
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split(".", 5);
  if (parts.length !== 4) return undefined;
  const numbers = parts.map((part) => (/^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256));
  return numbers.every((number) => number < 256) ? Uint8Array.from(numbers) : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined;
  const halves = text.split("::", 3);
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "", halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? "", true) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

function parseGroups(text: string, mayEndInIpv4: boolean): number[] | undefined {
  if (text === "") return [];
  const parts = text.split(":", 9);
  const bytes: number[] = [];
  for (const [index, part] of parts.entries()) {
    const isLast = index === parts.length - 1;
    const ipv4 = mayEndInIpv4 && isLast && part.includes(".") ? parseIpv4(part) : undefined;
    if (ipv4 !== undefined) bytes.push(...ipv4);
    else if (/^[0-9a-fA-F]{1,4}$/.test(part))
      bytes.push(Number.parseInt(part, 16) >> 8, Number.parseInt(part, 16) & 0xff);
    else return undefined;
  }
  return bytes;
}

function isIpv4Mapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

function groupAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function longestZeroRun(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > best.length) best = { start, length };
  }
  return best;
}
