/** One direction of a flow that the kernel carries: what it may carry, what it has, and whether the sink has it all. */

import { Buffer } from "node:buffer";
import { socketFd } from "../../platform/system-calls/socket-fd.ts";
import {
  SIOCOUTQ,
  SO_RCVLOWAT,
  SOL_SOCKET,
  setIntegerOption,
  socketCookie,
  socketMemory,
} from "../../platform/system-calls/socket-options.ts";
import type { SystemCalls } from "../../platform/system-calls/system-calls.ts";
import { TCP_STATE, type TcpInfo } from "../../platform/system-calls/tcp-info.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { KernelMaps, RelayState } from "./kernel-maps.ts";

/** A grant of less is not worth its calls, bytes as charged. */
const GRANT_MIN = 8192;
const LATE_BYTES_MAX = 65_536;
/** What an end of stream counts for with TCP. */
const END_BYTES = 1;

export interface KernelDirectionDeps {
  readonly calls: SystemCalls;
  readonly maps: KernelMaps;
  /** Shared: each use reads it first. */
  readonly info: TcpInfo;
}

export class KernelDirection {
  readonly source: ByteSocket;
  readonly sink: ByteSocket;

  private readonly deps: KernelDirectionDeps;
  private readonly state: RelayState = { redirected: 0, passed: 0, charged: 0 };
  private key = 0n;
  /** What the sink's TCP counts before the first byte that the kernel carries, less what user space wrote. */
  private sinkBase = 0;
  private countedBytes = 0;
  private lateBytes = 0;
  private isIn = false;
  private isSettled = true;

  constructor(deps: KernelDirectionDeps, source: ByteSocket, sink: ByteSocket) {
    this.deps = deps;
    this.source = source;
    this.sink = sink;
  }

  /**
   * Whether all that the source has received was read in user space or sent on before `state` was read, and the kernel has taken all
   * that was written to the sink.
   */
  get isQuiet(): boolean {
    const { source, sink, state } = this;
    const { info } = this.deps;
    if (source.hasEnded || source.isClosed || sink.isClosed || !sink.isFlushed) return false;
    return (
      info.read(socketFd(source.socket)) === 0 && info.receivedByteCount === source.socket.bytesRead + state.redirected
    );
  }

  /**
   * Bytes that were received and not read, when the source has ended: what the kernel leaves to user space may come behind the end,
   * which overtakes it in the kernel's queue. Undefined when the source is gone.
   */
  get unreadByteCount(): number | undefined {
    if (!this.isIn) return 0;
    const { deps, source, state } = this;
    const { info } = deps;
    if (info.read(socketFd(source.socket)) < 0 || !deps.maps.read(this.key, state)) return undefined;
    const read = source.socket.bytesRead + this.lateBytes + state.redirected;
    return info.receivedByteCount - END_BYTES - read;
  }

  /** Reads of them what has come. */
  receiveLate(byteCountMax: number): Buffer {
    const bytes = Buffer.allocUnsafe(Math.min(byteCountMax, LATE_BYTES_MAX));
    const byteCount = Math.max(0, this.deps.calls.receive(socketFd(this.source.socket), bytes));
    this.lateBytes += byteCount;
    this.source.countCarried(byteCount, 0);
    return bytes.subarray(0, byteCount);
  }

  /** Bytes that the kernel carried, as far as `count` has seen. */
  get byteCount(): number {
    return this.countedBytes;
  }

  /** Before `enter` of either direction. @returns why not, if not */
  prepare(): string | undefined {
    const { deps, source, sink } = this;
    const { info } = deps;
    const sinkFd = socketFd(sink.socket);
    this.key = socketCookie(deps.calls, socketFd(source.socket));
    if (this.key <= 0n || info.read(sinkFd) < 0) return "a socket is gone";
    const written = info.ackedByteCount + deps.calls.queryInteger(sinkFd, SIOCOUTQ);
    this.sinkBase = written - sink.socket.bytesWritten;
    return deps.maps.addSink(this.key, sinkFd);
  }

  /** Call when it is quiet: a piece that user space has read in part, the program would see whole. */
  enter(): string | undefined {
    const { deps, source } = this;
    const fd = socketFd(source.socket);
    this.grant();
    const refusal = deps.maps.addSource(this.key, fd);
    if (refusal !== undefined) {
      deps.maps.revoke(this.key);
      return refusal;
    }
    this.isIn = true;
    source.holdOpen();
    // What came meanwhile waits for the next piece, unless the kernel looks whether there is enough to wake a reader.
    setIntegerOption(deps.calls, fd, SOL_SOCKET, SO_RCVLOWAT, 1);
    return undefined;
  }

  /** When user space has read something: the kernel may take over again, if nothing is left that must go before. */
  renew(): void {
    const { deps, state } = this;
    // In this order: what the program passes on after `read` makes the grant void.
    if (this.isIn && deps.maps.read(this.key, state) && this.isQuiet) this.grant();
  }

  revoke(): void {
    if (this.isIn) this.deps.maps.revoke(this.key);
  }

  /**
   * Whether the sink's TCP has all that the kernel was given for it. Stays so until the next grant: call when the source's bytes or
   * end have reached user space, since then no earlier piece is on its way.
   */
  get isDelivered(): boolean {
    if (this.isSettled) return true;
    const { deps, state, sink } = this;
    const { info } = deps;
    const fd = socketFd(sink.socket);
    if (!deps.maps.read(this.key, state) || info.read(fd) < 0) return false;
    // In this order: what is confirmed between the two is missed, not counted twice.
    const written = info.ackedByteCount + deps.calls.queryInteger(fd, SIOCOUTQ) - this.sinkBase;
    this.isSettled = written >= state.redirected + sink.socket.bytesWritten;
    return this.isSettled;
  }

  /** The sink's connection is over, and nothing says so to who does not write. */
  get isSinkLost(): boolean {
    const { sink } = this;
    const { info } = this.deps;
    return info.read(socketFd(sink.socket)) < 0 || info.state === TCP_STATE.closed;
  }

  /** Adds what the kernel has carried since to the counters of both sockets. */
  count(): void {
    const { deps, state, source, sink } = this;
    if (!this.isIn || !deps.maps.read(this.key, state) || state.redirected === this.countedBytes) return;
    const byteCount = state.redirected - this.countedBytes;
    this.countedBytes = state.redirected;
    source.countCarried(byteCount, 0);
    sink.countCarried(0, byteCount);
  }

  leave(): void {
    this.count();
    if (this.key > 0n) this.deps.maps.remove(this.key);
    this.isIn = false;
    this.key = 0n;
  }

  /** As much as surely finds room with the sink: so the kernel's queue drains however slow the peer is, and stays short. */
  private grant(): void {
    const { deps, state, sink } = this;
    const memory = socketMemory(deps.calls, socketFd(sink.socket));
    if (typeof memory === "number") return;
    const room = Math.floor((memory.sendLimit - memory.sendQueued) / 2);
    if (room < GRANT_MIN) return;
    this.isSettled = false;
    deps.maps.grant(this.key, state.passed, state.charged + room);
  }
}
