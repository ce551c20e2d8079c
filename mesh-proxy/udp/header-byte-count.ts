import type { Buffer } from "node:buffer";

const FIXED_BYTES = 16;

/** How long the PROXY header says that it is, without a look at anything else in it; 0 where there is no room for one. */
export function headerByteCount(datagram: Buffer): number {
  if (datagram.length < FIXED_BYTES) return 0;
  const byteCount = FIXED_BYTES + (((datagram[14] as number) << 8) | (datagram[15] as number));
  return byteCount <= datagram.length ? byteCount : 0;
}
