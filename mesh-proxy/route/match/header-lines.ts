/** Walks the header lines of a head that its scanner has found sound. */
import type { RequestHead } from "./request-head.ts";

const CR = 0x0d;
const COLON = 0x3a;
const SPACE = 0x20;
const TAB = 0x09;

export class HeaderLines {
  /** Of the present line, in the head's bytes; the value without white space around it. */
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  valueEnd = 0;

  private bytes: Uint8Array | undefined;
  private at = 0;
  private end = 0;

  start({ bytes, from, headByteCount, head }: RequestHead): void {
    this.bytes = bytes;
    this.at = from + head.insertAt;
    this.end = from + headByteCount;
  }

  /** @returns false behind the last line. */
  next(): boolean {
    const { bytes, end } = this;
    if (bytes === undefined || this.at >= end || bytes[this.at] === CR) return false;
    let at = this.at;
    this.nameStart = at;
    while (at < end && bytes[at] !== COLON) at++;
    this.nameEnd = at++;
    while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
    this.valueStart = at;
    while (at < end && bytes[at] !== CR) at++;
    this.at = at + 2;
    while (at > this.valueStart && (bytes[at - 1] === SPACE || bytes[at - 1] === TAB)) at--;
    this.valueEnd = at;
    return true;
  }
}
