/**
 * Which subscribers a request of the service-based interface is about. They are named
 * - as a segment of the path, since a resource of a subscriber lies below its identifier: `/nudm-sdm/v2/{supi}/...`
 *   (TS 29.503, clause 6.1.3), `/namf-comm/v1/ue-contexts/{ueContextId}/...` (TS 29.518, clause 6.1.3);
 * - as `supi` or `gpsi` in the query (NF discovery, TS 29.510, clause 6.2.3.2.3.1);
 * - in `3gpp-Sbi-Discovery-supi` and `-gpsi`, the same for an SCP (TS 29.500, clause 5.2.3.2.7);
 * - in `3gpp-Sbi-Correlation-Info`: `imsi-345012123123123; msisdn-...` (TS 29.500, clause 5.2.3.3.4).
 * Kinds of SUPI are imsi, nai, gci and gli, kinds of GPSI msisdn and extid (TS 29.571, clause 5.3.2).
 */
import type { Buffer } from "node:buffer";
import { ByteRange } from "./byte-range.ts";
import { isTextInAnyCase, startsWith, textBytes } from "./byte-text.ts";
import type { HeaderLines } from "./header-lines.ts";

/** A request that names more is judged by the first ones. */
const VALUES_MAX = 8;
const SLASH = 0x2f;
const AMPERSAND = 0x26;
const SEMICOLON = 0x3b;
const SPACE = 0x20;
const TAB = 0x09;

const kinds = ["imsi-", "nai-", "gci-", "gli-", "msisdn-", "extid-"].map(textBytes);
const queryKeys = ["supi=", "gpsi="].map(textBytes);
const discoveryHeaders = ["3gpp-sbi-discovery-supi", "3gpp-sbi-discovery-gpsi"].map(textBytes);
const CORRELATION = textBytes("3gpp-sbi-correlation-info");
const HEADER_START = textBytes("3gpp-");

export class SubscriberValues {
  /** The first `count` are those of the present request. */
  readonly values: readonly ByteRange[] = Array.from({ length: VALUES_MAX }, () => new ByteRange());
  count = 0;

  clear(): void {
    this.count = 0;
  }

  addPath({ bytes, start, end }: ByteRange): void {
    this.addParts(bytes, start, end, SLASH);
  }

  addQuery({ bytes, start, end }: ByteRange): void {
    for (let at = start; at < end; ) {
      let next = at;
      while (next < end && bytes[next] !== AMPERSAND) next++;
      for (const key of queryKeys) if (startsWith(bytes, at, next, key)) this.add(bytes, at + key.length, next);
      at = next + 1;
    }
  }

  addHeader(bytes: Buffer, { nameStart, nameEnd, valueStart, valueEnd }: HeaderLines): void {
    // Of most lines this is all that is looked at.
    if (!isTextInAnyCase(bytes, nameStart, Math.min(nameEnd, nameStart + HEADER_START.length), HEADER_START)) return;
    if (isTextInAnyCase(bytes, nameStart, nameEnd, CORRELATION)) this.addParts(bytes, valueStart, valueEnd, SEMICOLON);
    for (const name of discoveryHeaders)
      if (isTextInAnyCase(bytes, nameStart, nameEnd, name)) this.add(bytes, valueStart, valueEnd);
  }

  private addParts(bytes: Buffer, start: number, end: number, separator: number): void {
    for (let at = start; at < end; ) {
      while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
      let next = at;
      while (next < end && bytes[next] !== separator) next++;
      let valueEnd = next;
      while (valueEnd > at && (bytes[valueEnd - 1] === SPACE || bytes[valueEnd - 1] === TAB)) valueEnd--;
      this.add(bytes, at, valueEnd);
      at = next + 1;
    }
  }

  private add(bytes: Buffer, start: number, end: number): void {
    if (this.count === VALUES_MAX) return;
    for (const kind of kinds) {
      if (!startsWith(bytes, start, end, kind)) continue;
      this.values[this.count++]?.set(bytes, start, end);
      return;
    }
  }
}
