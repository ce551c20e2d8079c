/** Options of sockets by number (Linux, `asm-generic/socket.h`, `linux/in.h`, `linux/tcp.h`), and the values that some have. */
import { Buffer } from "node:buffer";
import type { SystemCalls } from "./system-calls.ts";

const SOL_IP = 0;
export const SOL_SOCKET = 1;
export const SOL_TCP = 6;
const SOL_IPV6 = 41;
export const SO_RCVLOWAT = 18;
/** Nine 32-bit numbers, see `socketMemory`. */
const SO_MEMINFO = 55;
const SO_COOKIE = 57;
/** Where a redirected connection was going; the same number on the level of IPv6. */
const SO_ORIGINAL_DST = 80;
export const TCP_INFO = 11;
/** For `queryInteger`: bytes that wait to be read, and those that were written and are not confirmed. */
export const SIOCINQ = 0x541b;
export const SIOCOUTQ = 0x5411;

const AF_INET = 2;
const AF_INET6 = 10;
const SOCKADDR_IN6_BYTES = 28;

/** @returns 0, or an error's number, negated */
export function setIntegerOption(calls: SystemCalls, fd: number, level: number, option: number, value: number): number {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return calls.setSocketOption(fd, level, option, bytes);
}

/** What the kernel calls the socket for as long as it runs; an error's number, negated, if there is none. */
export function socketCookie(calls: SystemCalls, fd: number): bigint {
  const cookie = Buffer.alloc(8);
  const result = calls.getSocketOption(fd, SOL_SOCKET, SO_COOKIE, cookie);
  return result < 0 ? BigInt(result) : cookie.readBigUInt64LE();
}

export interface SocketMemory {
  /** Most that what is written may take, and what it takes, with the kernel's own overhead; bytes. */
  readonly sendLimit: number;
  readonly sendQueued: number;
}

/** An error's number, negated, if the socket is gone. */
export function socketMemory(calls: SystemCalls, fd: number): SocketMemory | number {
  const numbers = Buffer.alloc(36);
  const result = calls.getSocketOption(fd, SOL_SOCKET, SO_MEMINFO, numbers);
  return result < 0 ? result : { sendLimit: numbers.readUInt32LE(12), sendQueued: numbers.readUInt32LE(20) };
}

export interface SocketAddress {
  readonly address: string;
  readonly port: number;
}

/** Where a connection was going before netfilter redirected it; an error's number, negated, if it was not redirected. */
export function originalDestination(calls: SystemCalls, fd: number, family: "IPv4" | "IPv6"): SocketAddress | number {
  const bytes = Buffer.alloc(SOCKADDR_IN6_BYTES);
  const result = calls.getSocketOption(fd, family === "IPv4" ? SOL_IP : SOL_IPV6, SO_ORIGINAL_DST, bytes);
  return result < 0 ? result : (readSocketAddress(bytes) ?? -1);
}

/** A `sockaddr_in` or `sockaddr_in6`; undefined of any other family. */
export function readSocketAddress(bytes: Buffer): SocketAddress | undefined {
  const port = bytes.readUInt16BE(2);
  switch (bytes.readUInt16LE(0)) {
    case AF_INET:
      return { address: [...bytes.subarray(4, 8)].join("."), port };
    case AF_INET6: {
      const groups = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(8 + 2 * at).toString(16));
      return { address: groups.join(":"), port };
    }
    default:
      return undefined;
  }
}
