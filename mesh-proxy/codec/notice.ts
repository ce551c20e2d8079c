/**
 * What a proxy tells the proxy that dialled it, before anything else and only if the PROXY header asks for it (TLV 0xE3): two
 * bytes each, `W` and a code. `taken` says that the proxy is there, `accepted` that what lies behind it is there too.
 */
import { Buffer } from "node:buffer";

export const NOTICE = {
  taken: 0x30,
  accepted: 0x31,
  /** The application or the function of this very pod refuses. */
  refused: 0x32,
  /** The pod is fine, but its traffic can go no further from here. */
  stranded: 0x33,
  /** Its TTL ran out, here or further on: it goes in circles, so no other pod will do either. */
  expired: 0x34,
} as const;
export type Notice = (typeof NOTICE)[keyof typeof NOTICE];

export const NOTICE_BYTES = 2;
const MARK = 0x57;

export function encodeNotice(notice: Notice): Buffer {
  return Buffer.of(MARK, notice);
}

/** The notice at `start`; "partial" with fewer than {@link NOTICE_BYTES}, undefined for what is none. */
export function readNotice(bytes: Uint8Array, start: number, end: number): Notice | "partial" | undefined {
  if (end > start && bytes[start] !== MARK) return undefined;
  if (end - start < NOTICE_BYTES) return "partial";
  return Object.values(NOTICE).find((notice) => notice === bytes[start + 1]);
}
