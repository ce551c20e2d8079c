/**
 * Reads one head byte by byte and can stop at any of them: the phase and the offsets are all it remembers, so that a head
 * gives the same answer however it is cut. `parse` is one state table and is kept whole.
 */
import { COLON, CR, IS_TOKEN, LF, SPACE, TAB } from "./character.ts";
import { HeadFields } from "./head-fields.ts";
import { readMethod } from "./method.ts";

export const HEAD_PROGRESS = { incomplete: 0, complete: 1, rejected: 2 } as const;
export type HeadProgress = (typeof HEAD_PROGRESS)[keyof typeof HEAD_PROGRESS];

const METHOD_START = 0;
const METHOD_REST = 1;
const TARGET = 2;
const VERSION = 3;
const VERSION_MINOR = 4;
const AFTER_REQUEST_VERSION = 5;
const START_LINE_LF = 6;
const AFTER_RESPONSE_VERSION = 7;
const STATUS = 8;
const AFTER_STATUS = 9;
const REASON = 10;
const LINE_START = 11;
const NAME = 12;
const VALUE = 13;
const VALUE_LF = 14;
const HEAD_LF = 15;

const VERSION_TEXT = "HTTP/1.";

export class HeadParser {
  readonly fields = new HeadFields();
  /** Bytes read so far, counted from the head's first; all offsets here are. */
  byteCount = 0;
  /** See {@link readMethod}. */
  method = 0;
  targetStart = 0;
  targetEnd = 0;
  statusCode = 0;
  /** 0 or 1, of HTTP/1.x. */
  versionMinor = 0;
  /** Where a further header line may be put: behind the start line. */
  insertAt = 0;
  reason = "";

  private readonly phaseFirst: number;
  private readonly headerCountMax: number;
  private phase: number;
  private digits = 0;
  private headerCount = 0;
  private nameStart = 0;
  private nameEnd = 0;

  constructor(role: "request" | "response", headerCountMax: number) {
    this.phaseFirst = role === "request" ? METHOD_START : VERSION;
    this.phase = this.phaseFirst;
    this.headerCountMax = headerCountMax;
  }

  reset(): void {
    this.fields.reset();
    this.byteCount = 0;
    this.digits = 0;
    this.headerCount = 0;
    this.method = 0;
    this.statusCode = 0;
    this.phase = this.phaseFirst;
  }

  /** Goes on where it stopped. The head starts at `bytes[base]`; `end` is where the bytes known so far end. */
  parse(bytes: Uint8Array, base: number, end: number): HeadProgress {
    let at = base + this.byteCount;
    let phase = this.phase;
    while (at < end) {
      let byte = bytes[at] as number;
      switch (phase) {
        case METHOD_START:
          if (IS_TOKEN[byte] === 0) return this.reject("request does not start with a method");
          phase = METHOD_REST;
          break;
        case METHOD_REST:
          while (IS_TOKEN[byte] === 1 && ++at < end) byte = bytes[at] as number;
          if (at >= end) continue;
          if (byte !== SPACE) return this.reject("method is not followed by one space");
          this.method = readMethod(bytes, base, at);
          this.targetStart = at + 1 - base;
          phase = TARGET;
          break;
        case TARGET:
          while (byte > SPACE && byte !== 0x7f && ++at < end) byte = bytes[at] as number;
          if (at >= end) continue;
          if (byte !== SPACE || at === base + this.targetStart)
            return this.reject("request target is empty or has a control character");
          this.targetEnd = at - base;
          phase = VERSION;
          break;
        case VERSION:
          if (byte !== VERSION_TEXT.charCodeAt(this.digits)) return this.reject("version is not HTTP/1.0 or HTTP/1.1");
          if (++this.digits === VERSION_TEXT.length) phase = VERSION_MINOR;
          break;
        case VERSION_MINOR:
          if (byte !== 0x30 && byte !== 0x31) return this.reject("version is not HTTP/1.0 or HTTP/1.1");
          this.versionMinor = byte - 0x30;
          this.digits = 0;
          phase = this.phaseFirst === VERSION ? AFTER_RESPONSE_VERSION : AFTER_REQUEST_VERSION;
          break;
        case AFTER_REQUEST_VERSION:
          if (byte !== CR) return this.reject("request line does not end with CR LF");
          phase = START_LINE_LF;
          break;
        case AFTER_RESPONSE_VERSION:
          if (byte !== SPACE) return this.reject("version is not followed by one space");
          phase = STATUS;
          break;
        case STATUS:
          if (byte < 0x30 || byte > 0x39) return this.reject("status code is not three digits");
          this.statusCode = this.statusCode * 10 + byte - 0x30;
          if (++this.digits < 3) break;
          if (this.statusCode < 100 || this.statusCode > 599)
            return this.reject(`status code ${this.statusCode} is not in 100..599`);
          phase = AFTER_STATUS;
          break;
        case AFTER_STATUS:
          if (byte !== SPACE && byte !== CR) return this.reject("status code is not three digits");
          phase = byte === CR ? START_LINE_LF : REASON;
          break;
        case REASON:
          while ((byte >= SPACE || byte === TAB) && byte !== 0x7f && ++at < end) byte = bytes[at] as number;
          if (at >= end) continue;
          if (byte !== CR) return this.reject("reason phrase has a control character or ends without CR");
          phase = START_LINE_LF;
          break;
        case START_LINE_LF:
          if (byte !== LF) return this.reject("start line has a CR without LF");
          this.insertAt = at + 1 - base;
          phase = LINE_START;
          break;
        case LINE_START:
          if (byte === CR) {
            phase = HEAD_LF;
            break;
          }
          if (byte === SPACE || byte === TAB) return this.reject("header line is folded");
          if (IS_TOKEN[byte] === 0) return this.reject("header name starts with a character it may not have");
          if (++this.headerCount > this.headerCountMax)
            return this.reject(`more than ${this.headerCountMax} header lines`);
          this.nameStart = at - base;
          phase = NAME;
          break;
        case NAME:
          while (IS_TOKEN[byte] === 1 && ++at < end) byte = bytes[at] as number;
          if (at >= end) continue;
          if (byte !== COLON) return this.reject("header name is not followed by a colon at once");
          this.nameEnd = at - base;
          phase = VALUE;
          break;
        case VALUE:
          while ((byte >= SPACE || byte === TAB) && byte !== 0x7f && ++at < end) byte = bytes[at] as number;
          if (at >= end) continue;
          if (byte !== CR) return this.reject("header value has a control character or ends without CR");
          phase = VALUE_LF;
          break;
        case VALUE_LF: {
          if (byte !== LF) return this.reject("header line has a CR without LF");
          const problem = this.fields.read(bytes, base, this.nameStart, this.nameEnd, at - 1 - base);
          if (problem !== "") return this.reject(problem);
          phase = LINE_START;
          break;
        }
        case HEAD_LF:
          if (byte !== LF) return this.reject("head ends with a CR without LF");
          this.byteCount = at + 1 - base;
          return HEAD_PROGRESS.complete;
      }
      at++;
    }
    this.phase = phase;
    this.byteCount = at - base;
    return HEAD_PROGRESS.incomplete;
  }

  private reject(reason: string): HeadProgress {
    this.reason = reason;
    return HEAD_PROGRESS.rejected;
  }
}
