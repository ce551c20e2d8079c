/**
 * The header of PFCP, and the one information element that says which session a message begins (3GPP TS 29.244, clauses 7.2.2 and 8.2.37):
 *
 *     | Ver | spare | FO | MP | S |  Message type |        Length         |
 *     |                          SEID, 8 bytes (S)                      |
 *     |              Sequence number              | Priority (MP), spare |
 */

/** Clause 7.3; other types are carried too. */
export const pfcpMessage = {
  heartbeatRequest: 1,
  heartbeatResponse: 2,
  associationSetupRequest: 5,
  associationSetupResponse: 6,
  sessionEstablishmentRequest: 50,
  sessionEstablishmentResponse: 51,
  sessionModificationRequest: 52,
  sessionModificationResponse: 53,
  sessionDeletionRequest: 54,
  sessionDeletionResponse: 55,
  sessionReportRequest: 56,
  sessionReportResponse: 57,
} as const;

export type PfcpProblem =
  | "truncated"
  | "wrong_version"
  /** It says that it is longer than what is there, or shorter than its own fields. */
  | "wrong_length";

const LENGTH_STARTS_BYTES = 4;
const NODE_HEADER_BYTES = 8;
const SESSION_HEADER_BYTES = 16;
const FOLLOW_ON = 0x04;
const PRIORITY = 0x02;
const SESSION = 0x01;

const F_SEID = 57;
const SEID_BYTES = 8;
const ELEMENT_HEAD_BYTES = 4;
/** At the top of a message: the longest of the specification has some 40 kinds, of which a few repeat by the dozen. */
const ELEMENTS_MAX = 1024;

/** One for many datagrams: `read` overwrites the fields of the one before, so that no datagram costs an object. */
export class PfcpHeader {
  messageType = 0;
  /** Set on messages of a session; unset between nodes. */
  hasSeid = false;
  /** Where the 8 bytes of the SEID are, that of the receiver; -1 where there is none. */
  seidAt = -1;
  /** Whether the SEID is 0: the receiver's is not known yet. */
  isSeidZero = false;
  /** 24 bits. */
  sequence = 0;
  /** 0 to 15, 0 goes first; -1 where there is none. */
  priority = -1;
  /** Another message follows in the same datagram. */
  isFollowed = false;
  /** Of the information elements. */
  bodyStart = 0;
  /** What follows is no part of the message. */
  end = 0;

  /** Reads the message that `bytes[start, end)` begins with. @returns undefined when it is sound; else the fields mean nothing. */
  read(bytes: Uint8Array, start: number, end: number): PfcpProblem | undefined {
    if (end - start < NODE_HEADER_BYTES) return "truncated";
    const flags = byteAt(bytes, start);
    if (flags >> 5 !== 1) return "wrong_version";
    this.hasSeid = (flags & SESSION) !== 0;
    const headerByteCount = this.hasSeid ? SESSION_HEADER_BYTES : NODE_HEADER_BYTES;
    const byteCount = LENGTH_STARTS_BYTES + uint16At(bytes, start + 2);
    if (byteCount < headerByteCount || byteCount > end - start) return "wrong_length";
    this.bodyStart = start + headerByteCount;
    this.end = start + byteCount;
    this.messageType = byteAt(bytes, start + 1);
    this.seidAt = this.hasSeid ? start + LENGTH_STARTS_BYTES : -1;
    this.isSeidZero = this.hasSeid && isZero(bytes, this.seidAt);
    this.sequence = (byteAt(bytes, this.bodyStart - 4) << 16) | uint16At(bytes, this.bodyStart - 3);
    this.priority = (flags & PRIORITY) === 0 ? -1 : byteAt(bytes, this.bodyStart - 1) >> 4;
    this.isFollowed = (flags & FOLLOW_ON) !== 0;
    return undefined;
  }

  /** Where the 8 bytes of the SEID in the message's F-SEID are: by it the sender wants the session to be called. -1 where there is none. */
  findSenderSeid(bytes: Uint8Array): number {
    let at = this.bodyStart;
    for (let count = 0; count < ELEMENTS_MAX && this.end - at >= ELEMENT_HEAD_BYTES; count++) {
      const length = uint16At(bytes, at + 2);
      const value = at + ELEMENT_HEAD_BYTES;
      if (length > this.end - value) return -1;
      // The SEID stands behind the byte that says which addresses there are.
      if (uint16At(bytes, at) === F_SEID) return length > SEID_BYTES ? value + 1 : -1;
      at = value + length;
    }
    return -1;
  }
}

function isZero(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < SEID_BYTES; i++) if (bytes[at + i] !== 0) return false;
  return true;
}

function byteAt(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function uint16At(bytes: Uint8Array, at: number): number {
  return (byteAt(bytes, at) << 8) | byteAt(bytes, at + 1);
}
