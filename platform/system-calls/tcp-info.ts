/** What the kernel says of a TCP connection (`struct tcp_info` of `linux/tcp.h`). */
import { Buffer } from "node:buffer";
import { constants } from "node:os";
import { SOL_TCP, TCP_INFO } from "./socket-options.ts";
import type { SystemCalls } from "./system-calls.ts";

/** As far as `tcpi_bytes_retrans`, which kernels have since 4.19. */
const TCP_INFO_BYTES = 216;

/** Of the states of a connection (`net/tcp_states.h`). */
export const TCP_STATE = { established: 1, closed: 7, closeWait: 8 } as const;

/** One for many reads: the numbers are those of the last one. All but `state` are bytes since the connection opened. */
export class TcpInfo {
  private readonly calls: SystemCalls;
  private readonly bytes = Buffer.alloc(TCP_INFO_BYTES);

  constructor(calls: SystemCalls) {
    this.calls = calls;
  }

  /** @returns 0, or an error's number, negated: `-ENODATA` of kernels that do not count bytes */
  read(fd: number): number {
    const result = this.calls.getSocketOption(fd, SOL_TCP, TCP_INFO, this.bytes);
    if (result < 0) return result;
    return result < TCP_INFO_BYTES ? -constants.errno.ENODATA : 0;
  }

  get state(): number {
    return this.bytes[0] ?? 0;
  }

  /** Those that the peer has confirmed. The opening counts as one, an end of stream too (RFC 9293, section 3.4). */
  get ackedByteCount(): number {
    return this.number64(120);
  }

  /** Taken from the network in order, whether or not they were read; an end of stream counts as one. */
  get receivedByteCount(): number {
    return this.number64(128);
  }

  /** Handed to the network, those that were sent again counted again. */
  get sentByteCount(): number {
    return this.number64(200);
  }

  get resentByteCount(): number {
    return this.number64(208);
  }

  /** Written, and not yet handed to the network. */
  get unsentByteCount(): number {
    return this.bytes.readUInt32LE(144);
  }

  /** Exact up to 2^53. */
  private number64(at: number): number {
    return this.bytes.readUInt32LE(at) + 4_294_967_296 * this.bytes.readUInt32LE(at + 4);
  }
}
