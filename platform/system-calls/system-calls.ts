/** What Node does not offer of Linux. */
import type { Buffer } from "node:buffer";

/** Each call answers as the kernel does: what it returns, or an error's number, negated (`errorName` names it). */
export interface SystemCalls {
  /** bpf(2). @param attributes a `union bpf_attr`; memory that it refers to by `addressOf` must outlive the call */
  bpf(command: number, attributes: Buffer): number;
  /** getsockopt(2). @returns how many bytes of `into` are filled */
  getSocketOption(fd: number, level: number, option: number, into: Buffer): number;
  /** setsockopt(2). */
  setSocketOption(fd: number, level: number, option: number, value: Buffer): number;
  /** recv(2), which never waits. @returns how many bytes of `into` are filled; 0 at the end of the stream */
  receive(fd: number, into: Buffer): number;
  /** recvmmsg(2), which never waits. @param headers one `struct mmsghdr` for each of `count`. @returns how many datagrams came */
  receiveMany(fd: number, headers: Buffer, count: number): number;
  /** sendmmsg(2), which never waits. @returns how many of `count` were sent; an error only where the first was not */
  sendMany(fd: number, headers: Buffer, count: number): number;
  /** ioctl(2) of a request that answers with an integer. @returns it, or an error's number, negated */
  queryInteger(fd: number, request: number): number;
  /** Where the memory of a buffer begins. It stays there as long as the buffer is referred to. */
  addressOf(memory: Buffer): bigint;
}

export type LoadedSystemCalls =
  | { readonly kind: "loaded"; readonly calls: SystemCalls }
  | { readonly kind: "unavailable"; readonly reason: string };
