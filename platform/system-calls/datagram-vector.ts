/**
 * Room for several datagrams that one system call reads or sends: an array of `struct mmsghdr`, each with one `struct iovec` and the
 * `struct sockaddr_in` of the far end (Linux, 64 bits). All lies in two buffers, whose memory stays where it is. A vector is for
 * reading or for sending: what was put into it limits what could be read.
 */
import { Buffer } from "node:buffer";
import type { SystemCalls } from "./system-calls.ts";

const HEADER_BYTES = 64;
const IOVEC_BYTES = 16;
const NAME_BYTES = 16;
const AF_INET = 2;
/** Within a header, as 32-bit words. */
const [NAME_LENGTH, FLAGS, LENGTH] = [2, 12, 14];
/** The payload did not find room. */
const MSG_TRUNC = 0x20;

export class DatagramVector {
  readonly slotCount: number;
  /** Longest payload. */
  readonly slotBytes: number;

  private readonly calls: SystemCalls;
  private readonly headers: Buffer;
  private readonly words: Uint32Array;
  private readonly names: Buffer;
  /** Of payloads that are sent, or the room for those that are read: the low words of the iovecs' lengths. */
  private readonly lengths: Uint32Array;
  private readonly payloads: Buffer;

  constructor(
    calls: SystemCalls,
    { slotCount, slotBytes }: { readonly slotCount: number; readonly slotBytes: number },
  ) {
    this.calls = calls;
    this.slotCount = slotCount;
    this.slotBytes = slotBytes;
    const [iovecsAt, namesAt] = [slotCount * HEADER_BYTES, slotCount * (HEADER_BYTES + IOVEC_BYTES)];
    const memory = Buffer.from(new ArrayBuffer(namesAt + slotCount * NAME_BYTES));
    // Not touched before it is used, so that it is not resident before.
    this.payloads = Buffer.allocUnsafeSlow(slotCount * slotBytes);
    this.headers = memory;
    this.words = new Uint32Array(memory.buffer, 0, iovecsAt / 4);
    this.lengths = new Uint32Array(memory.buffer, iovecsAt, (slotCount * IOVEC_BYTES) / 4);
    this.names = memory.subarray(namesAt);
    const [base, payloadBase] = [calls.addressOf(memory), calls.addressOf(this.payloads)];
    for (let slot = 0; slot < slotCount; slot++) {
      const [header, iovec] = [slot * HEADER_BYTES, iovecsAt + slot * IOVEC_BYTES];
      memory.writeBigUInt64LE(base + BigInt(namesAt + slot * NAME_BYTES), header);
      memory.writeBigUInt64LE(base + BigInt(iovec), header + 16);
      memory.writeBigUInt64LE(1n, header + 24);
      memory.writeBigUInt64LE(payloadBase + BigInt(slot * slotBytes), iovec);
      this.lengths[4 * slot + 2] = slotBytes;
    }
  }

  /** Reads what waits at an IPv4 or connected socket. @returns how many datagrams came, or an error's number, negated */
  receive(fd: number): number {
    for (let slot = 0; slot < this.slotCount; slot++) this.words[slot * (HEADER_BYTES / 4) + NAME_LENGTH] = NAME_BYTES;
    return this.calls.receiveMany(fd, this.headers, this.slotCount);
  }

  /** Of the datagram that came; valid until the next `receive`. */
  payloadAt(slot: number): Buffer {
    const start = slot * this.slotBytes;
    return this.payloads.subarray(start, start + this.wordAt(slot, LENGTH));
  }

  isCutAt(slot: number): boolean {
    return (this.wordAt(slot, FLAGS) & MSG_TRUNC) !== 0;
  }

  /** Where it came from: an IPv4 address as a number, and the port. */
  addressAt(slot: number): number {
    return this.names.readUInt32BE(slot * NAME_BYTES + 4);
  }

  portAt(slot: number): number {
    return this.names.readUInt16BE(slot * NAME_BYTES + 2);
  }

  /** Copies a datagram in, to be sent. @param address IPv4, as a number; -1 where the socket is connected */
  put(slot: number, pieces: readonly Buffer[], address: number, port: number): void {
    let at = slot * this.slotBytes;
    const start = at;
    for (const piece of pieces) at += piece.copy(this.payloads, at);
    this.lengths[4 * slot + 2] = at - start;
    this.words[slot * (HEADER_BYTES / 4) + NAME_LENGTH] = address < 0 ? 0 : NAME_BYTES;
    if (address < 0) return;
    const name = slot * NAME_BYTES;
    this.names.writeUInt16LE(AF_INET, name);
    this.names.writeUInt16BE(port, name + 2);
    this.names.writeUInt32BE(address, name + 4);
  }

  /** What was put into a slot. */
  putAt(slot: number): Buffer {
    const start = slot * this.slotBytes;
    return this.payloads.subarray(start, start + (this.lengths[4 * slot + 2] as number));
  }

  /** Sends the slots from `from` on, before `to`. @returns how many were sent, or an error's number, negated, of the first */
  send(fd: number, from: number, to: number): number {
    const headers = from === 0 ? this.headers : this.headers.subarray(from * HEADER_BYTES);
    return this.calls.sendMany(fd, headers, to - from);
  }

  private wordAt(slot: number, word: number): number {
    return this.words[slot * (HEADER_BYTES / 4) + word] as number;
  }
}
