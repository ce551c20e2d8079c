/** The few header fields that decide framing, connection life and steering, or say whose request it is; all others pass unread. */
import { Buffer } from "node:buffer";
import { COMMA, isWord, SPACE, TAB } from "./character.ts";

const HOST = word("host");
const UPGRADE = word("upgrade");
const WEFT_NSH = word("weft-nsh");
const CONNECTION = word("connection");
const USER_AGENT = word("user-agent");
const TRACEPARENT = word("traceparent");
const CONTENT_LENGTH = word("content-length");
const TRANSFER_ENCODING = word("transfer-encoding");
const CLOSE = word("close");
const KEEP_ALIVE = word("keep-alive");
const CHUNKED = word("chunked");
const CONTENT_LENGTH_DIGITS_MAX = 15;

/** Offsets count from the head's first byte; -1 is absent. One object is used for every head of a direction. */
export class HeadFields {
  /** Announced body bytes; -1 without Content-Length. */
  contentLength = -1;
  isChunked = false;
  /** `Connection: close`, `keep-alive`, `upgrade` and the `Upgrade` field were seen. */
  saysClose = false;
  saysKeepAlive = false;
  saysUpgrade = false;
  hasUpgrade = false;
  hostStart = -1;
  hostEnd = -1;
  /** The whole line of `weft-nsh`, CRLF included. */
  nshLineStart = -1;
  nshLineEnd = -1;
  nshValueStart = -1;
  nshValueEnd = -1;
  userAgentStart = -1;
  userAgentEnd = -1;
  /** Where it stands twice it is empty, since it means nothing (W3C Trace Context, section 3.2). */
  traceparentStart = -1;
  traceparentEnd = -1;

  reset(): void {
    this.contentLength = -1;
    this.isChunked = false;
    this.saysClose = false;
    this.saysKeepAlive = false;
    this.saysUpgrade = false;
    this.hasUpgrade = false;
    this.hostStart = -1;
    this.hostEnd = -1;
    this.nshLineStart = -1;
    this.nshLineEnd = -1;
    this.nshValueStart = -1;
    this.nshValueEnd = -1;
    this.userAgentStart = -1;
    this.userAgentEnd = -1;
    this.traceparentStart = -1;
    this.traceparentEnd = -1;
  }

  /** Takes the field whose name and untrimmed value stand at these offsets from `base`. @returns a reason to refuse, or "". */
  read(bytes: Uint8Array, base: number, nameStart: number, nameEnd: number, valueEndRaw: number): string {
    const nameByteCount = nameEnd - nameStart;
    if (nameByteCount !== 4 && nameByteCount < 7) return "";
    if (nameByteCount > 17) return "";
    let start = base + nameEnd + 1;
    let end = base + valueEndRaw;
    while (start < end && (bytes[start] === SPACE || bytes[start] === TAB)) start++;
    while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
    const name = base + nameStart;
    switch (nameByteCount) {
      case 4:
        return isWord(bytes, name, name + 4, HOST) ? this.readHost(start - base, end - base) : "";
      case 7:
        if (isWord(bytes, name, name + 7, UPGRADE)) this.hasUpgrade = true;
        return "";
      case 8:
        if (!isWord(bytes, name, name + 8, WEFT_NSH)) return "";
        if (this.nshLineStart >= 0) return "weft-nsh stands twice";
        this.nshLineStart = nameStart;
        this.nshLineEnd = valueEndRaw + 2;
        this.nshValueStart = start - base;
        this.nshValueEnd = end - base;
        return "";
      case 10:
        if (isWord(bytes, name, name + 10, CONNECTION)) this.readConnection(bytes, start, end);
        else if (isWord(bytes, name, name + 10, USER_AGENT)) {
          this.userAgentStart = start - base;
          this.userAgentEnd = end - base;
        }
        return "";
      case 11:
        if (isWord(bytes, name, name + 11, TRACEPARENT)) this.readTraceparent(start - base, end - base);
        return "";
      case 14:
        return isWord(bytes, name, name + 14, CONTENT_LENGTH) ? this.readContentLength(bytes, start, end) : "";
      case 17:
        return isWord(bytes, name, name + 17, TRANSFER_ENCODING) ? this.readTransferEncoding(bytes, start, end) : "";
      default:
        return "";
    }
  }

  private readHost(start: number, end: number): string {
    if (this.hostStart >= 0) return "Host stands twice";
    this.hostStart = start;
    this.hostEnd = end;
    return "";
  }

  private readTraceparent(start: number, end: number): void {
    const isFirst = this.traceparentStart < 0;
    this.traceparentStart = start;
    this.traceparentEnd = isFirst ? end : start;
  }

  private readContentLength(bytes: Uint8Array, start: number, end: number): string {
    if (end === start || end - start > CONTENT_LENGTH_DIGITS_MAX)
      return "Content-Length is not a number of 1 to 15 digits";
    let value = 0;
    for (let i = start; i < end; i++) {
      const digit = (bytes[i] ?? 0) - 0x30;
      if (digit < 0 || digit > 9) return "Content-Length is not a number of 1 to 15 digits";
      value = value * 10 + digit;
    }
    if (this.contentLength >= 0 && this.contentLength !== value)
      return "Content-Length stands twice with different values";
    this.contentLength = value;
    return "";
  }

  private readTransferEncoding(bytes: Uint8Array, start: number, end: number): string {
    if (this.isChunked) return "Transfer-Encoding stands twice";
    if (!isWord(bytes, start, end, CHUNKED)) return 'Transfer-Encoding is not "chunked"';
    this.isChunked = true;
    return "";
  }

  private readConnection(bytes: Uint8Array, start: number, end: number): void {
    for (let tokenStart = start; tokenStart < end; ) {
      let tokenEnd = tokenStart;
      while (tokenEnd < end && bytes[tokenEnd] !== COMMA) tokenEnd++;
      this.readConnectionOption(bytes, tokenStart, tokenEnd);
      tokenStart = tokenEnd + 1;
    }
  }

  private readConnectionOption(bytes: Uint8Array, tokenStart: number, tokenEnd: number): void {
    let start = tokenStart;
    let end = tokenEnd;
    while (start < end && (bytes[start] === SPACE || bytes[start] === TAB)) start++;
    while (end > start && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--;
    if (isWord(bytes, start, end, CLOSE)) this.saysClose = true;
    else if (isWord(bytes, start, end, KEEP_ALIVE)) this.saysKeepAlive = true;
    else if (isWord(bytes, start, end, UPGRADE)) this.saysUpgrade = true;
  }
}

function word(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}
