/** What a request brings of its session, in a cookie (RFC 6265, section 4.2) or a header of its own. */
import type { Buffer } from "node:buffer";
import type { SessionPersistence } from "../../../core/model/request-rule.ts";
import { isText, isTextInAnyCase, textBytes } from "../match/byte-text.ts";
import { HeaderLines } from "../match/header-lines.ts";
import type { RequestHead } from "../match/request-head.ts";

const COOKIE = textBytes("cookie");
const EQUALS = 0x3d;
const SEMICOLON = 0x3b;
const SPACE = 0x20;
const TAB = 0x09;

/** Reads the first of that name. O(head). @returns undefined without one */
export function sessionReader({ carrier, name }: SessionPersistence): (head: RequestHead) => string | undefined {
  const lines = new HeaderLines();
  const isCookie = carrier === "cookie";
  const lineName = isCookie ? COOKIE : textBytes(name);
  const cookieName = textBytes(name);
  return (head) => {
    const { bytes } = head;
    lines.start(head);
    while (lines.next()) {
      if (!isTextInAnyCase(bytes, lines.nameStart, lines.nameEnd, lineName)) continue;
      const { valueStart, valueEnd } = lines;
      if (!isCookie) return bytes.toString("latin1", valueStart, valueEnd);
      const value = cookieIn(bytes, valueStart, valueEnd, cookieName);
      if (value !== undefined) return value;
    }
    return undefined;
  };
}

function cookieIn(bytes: Buffer, start: number, end: number, name: Uint8Array): string | undefined {
  for (let at = start; at < end; ) {
    while (at < end && (bytes[at] === SPACE || bytes[at] === TAB)) at++;
    let equals = at;
    while (equals < end && bytes[equals] !== EQUALS && bytes[equals] !== SEMICOLON) equals++;
    let next = equals;
    while (next < end && bytes[next] !== SEMICOLON) next++;
    if (equals < next && isText(bytes, at, equals, name)) return bytes.toString("latin1", equals + 1, next);
    at = next + 1;
  }
  return undefined;
}
