/**
 * The header of GTP-U (3GPP TS 29.281, clause 5):
 *
 *     | Ver | PT | * | E | S | PN |  Message type |        Length         |
 *     |                             TEID                                |
 *     |    Sequence number (E, S or PN)   |  N-PDU  |  Next extension    |
 */

/** Clause 6.1; other types are carried too. */
export const gtpuMessage = {
  echoRequest: 1,
  echoResponse: 2,
  errorIndication: 26,
  extensionHeadersNotification: 31,
  tunnelStatus: 253,
  endMarker: 254,
  gPdu: 255,
} as const;

export type GtpuProblem =
  | "truncated"
  | "wrong_version"
  /** GTP', which charges and carries no tunnels. */
  | "wrong_protocol_type"
  /** It says that it is longer than what is there, or shorter than its own fields. */
  | "wrong_length"
  | "wrong_extension_length"
  | "too_many_extensions";

const FIXED_BYTES = 8;
const OPTIONAL_BYTES = 4;
const EXTENSION = 0x04;
const SEQUENCE = 0x02;
const N_PDU = 0x01;
/** The specification has no limit; what it defines fits eight times. */
const EXTENSIONS_MAX = 16;

/** One for many datagrams: `read` overwrites the fields of the one before, so that no datagram costs an object. */
export class GtpuHeader {
  messageType = 0;
  /** Of the tunnel's end that the message goes to; 0 on messages between nodes. */
  teid = 0;
  /** -1 where there is none. */
  sequence = -1;
  /** -1 where there is none. */
  nPdu = -1;
  extensionCount = 0;
  /** Of the user's packet or the information elements. */
  payloadStart = 0;
  /** What follows is no part of the message. */
  end = 0;

  /** Reads the message that `bytes[start, end)` begins with. @returns undefined when it is sound; else the fields mean nothing. */
  read(bytes: Uint8Array, start: number, end: number): GtpuProblem | undefined {
    if (end - start < FIXED_BYTES) return "truncated";
    const flags = byteAt(bytes, start);
    if (flags >> 5 !== 1) return "wrong_version";
    if ((flags & 0x10) === 0) return "wrong_protocol_type";
    const length = uint16At(bytes, start + 2);
    if (length > end - start - FIXED_BYTES) return "wrong_length";
    this.messageType = byteAt(bytes, start + 1);
    this.teid = uint16At(bytes, start + 4) * 0x1_0000 + uint16At(bytes, start + 6);
    this.sequence = -1;
    this.nPdu = -1;
    this.extensionCount = 0;
    this.payloadStart = start + FIXED_BYTES;
    this.end = start + FIXED_BYTES + length;
    return (flags & (EXTENSION | SEQUENCE | N_PDU)) === 0 ? undefined : this.readOptional(bytes, flags);
  }

  /** Whether the message belongs to a tunnel, and not to two nodes. */
  get isOfTunnel(): boolean {
    return this.messageType >= gtpuMessage.tunnelStatus && this.messageType <= gtpuMessage.gPdu;
  }

  /** All three fields are there when one of them counts (clause 5.1). */
  private readOptional(bytes: Uint8Array, flags: number): GtpuProblem | undefined {
    const at = this.payloadStart;
    if (this.end - at < OPTIONAL_BYTES) return "wrong_length";
    if ((flags & SEQUENCE) !== 0) this.sequence = uint16At(bytes, at);
    if ((flags & N_PDU) !== 0) this.nPdu = byteAt(bytes, at + 2);
    this.payloadStart = at + OPTIONAL_BYTES;
    return (flags & EXTENSION) === 0 ? undefined : this.skipExtensions(bytes, byteAt(bytes, at + 3));
  }

  /** Each says its length in units of 4 bytes, and in its last byte the type of the next one; 0 is none (clause 5.2.1). */
  private skipExtensions(bytes: Uint8Array, first: number): GtpuProblem | undefined {
    let at = this.payloadStart;
    for (let type = first; type !== 0; this.extensionCount++) {
      if (this.extensionCount === EXTENSIONS_MAX) return "too_many_extensions";
      if (at >= this.end) return "wrong_extension_length";
      const byteCount = byteAt(bytes, at) * 4;
      if (byteCount === 0 || byteCount > this.end - at) return "wrong_extension_length";
      at += byteCount;
      type = byteAt(bytes, at - 1);
    }
    this.payloadStart = at;
    return undefined;
  }
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function uint16At(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}
