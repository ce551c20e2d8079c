/**
 * Finds the end of a chunked body (RFC 9112 section 7.1), chunk extensions and trailers included, skipping chunk data by
 * length. `advance` is one state table and is kept whole.
 */
import { COLON, CR, hexDigit, IS_TOKEN, LF, SEMICOLON, SPACE, TAB } from "./character.ts";

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER_START = 6;
const TRAILER_NAME = 7;
const TRAILER_VALUE = 8;
const TRAILER_LF = 9;
const END_LF = 10;

/** 2^48 bytes: far beyond any body, and safe in a double. */
const SIZE_DIGITS_MAX = 12;

export class ChunkedFraming {
  isDone = false;
  /** "" while nothing is wrong. */
  reason = "";

  private readonly trailerBytesMax: number;
  private readonly extensionBytesMax: number;
  private phase = SIZE;
  private size = 0;
  private digits = 0;
  private extensionBytes = 0;
  private trailerBytes = 0;

  constructor(limits: { readonly trailerBytesMax: number; readonly extensionBytesMax: number }) {
    this.trailerBytesMax = limits.trailerBytesMax;
    this.extensionBytesMax = limits.extensionBytesMax;
  }

  reset(): void {
    this.isDone = false;
    this.phase = SIZE;
    this.size = 0;
    this.digits = 0;
    this.extensionBytes = 0;
    this.trailerBytes = 0;
  }

  /** @returns the offset up to which bytes belong to the body. Stops early when the body is done or out of protocol. */
  advance(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end) {
      if (this.phase === DATA) {
        const step = Math.min(this.size, end - at);
        this.size -= step;
        at += step;
        if (this.size === 0) this.phase = DATA_CR;
        continue;
      }
      const byte = bytes[at] as number;
      switch (this.phase) {
        case SIZE: {
          const digit = hexDigit(byte);
          if (digit >= 0) {
            if (++this.digits > SIZE_DIGITS_MAX) return this.reject("chunk size has more than 12 digits", at);
            this.size = this.size * 16 + digit;
            break;
          }
          if (this.digits === 0) return this.reject("chunk size is not hexadecimal", at);
          if (byte === SEMICOLON) this.phase = EXTENSION;
          else if (byte === CR) this.phase = SIZE_LF;
          else return this.reject("chunk size is not hexadecimal", at);
          break;
        }
        case EXTENSION:
          if (byte === CR) this.phase = SIZE_LF;
          else if (isControl(byte)) return this.reject("chunk extension has a control character", at);
          else if (++this.extensionBytes > this.extensionBytesMax) {
            return this.reject(`chunk extension is longer than ${this.extensionBytesMax} bytes`, at);
          }
          break;
        case SIZE_LF:
          if (byte !== LF) return this.reject("chunk size has a CR without LF", at);
          this.phase = this.size === 0 ? TRAILER_START : DATA;
          this.digits = 0;
          this.extensionBytes = 0;
          break;
        case DATA_CR:
          if (byte !== CR) return this.reject("chunk is longer than its size", at);
          this.phase = DATA_LF;
          break;
        case DATA_LF:
          if (byte !== LF) return this.reject("chunk is longer than its size", at);
          this.phase = SIZE;
          break;
        case END_LF:
          if (byte !== LF) return this.reject("chunked body ends with a CR without LF", at);
          this.isDone = true;
          return at + 1;
        default: {
          const problem = this.trailer(byte);
          if (problem !== "") return this.reject(problem, at);
        }
      }
      at++;
    }
    return at;
  }

  private trailer(byte: number): string {
    if (++this.trailerBytes > this.trailerBytesMax) return `trailers are longer than ${this.trailerBytesMax} bytes`;
    switch (this.phase) {
      case TRAILER_START:
        if (byte === CR) this.phase = END_LF;
        else if (IS_TOKEN[byte] === 1) this.phase = TRAILER_NAME;
        else return "trailer line is folded or starts with a character it may not have";
        return "";
      case TRAILER_NAME:
        if (byte === COLON) this.phase = TRAILER_VALUE;
        else if (IS_TOKEN[byte] === 0) return "trailer name is not followed by a colon at once";
        return "";
      case TRAILER_VALUE:
        if (byte === CR) this.phase = TRAILER_LF;
        else if (isControl(byte)) return "trailer value has a control character or ends without CR";
        return "";
      default:
        if (byte !== LF) return "trailer line has a CR without LF";
        this.phase = TRAILER_START;
        return "";
    }
  }

  private reject(reason: string, at: number): number {
    this.reason = reason;
    return at;
  }
}

function isControl(byte: number): boolean {
  return (byte < SPACE && byte !== TAB) || byte === 0x7f;
}
