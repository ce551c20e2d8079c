/** A request of HTTP/2 in the form in which keys are compared: that of HTTP/1.1. */
import { Buffer } from "node:buffer";
import type { RequestHead } from "./request-head.ts";

/**
 * `:authority` goes before a `host` field (RFC 9113, section 8.3.1), and either is the first line.
 * @param texts names and values in turn, one character per byte, sound by RFC 9113, section 8.2: no line ends in them
 */
export function headOfFields(texts: readonly string[]): RequestHead {
  let [method, target, lines] = ["", "", ""];
  let authority: string | undefined;
  let host: string | undefined;
  for (let at = 0; at < texts.length; at += 2) {
    const [name = "", value = ""] = [texts[at], texts[at + 1]];
    if (name === ":method") method = value;
    else if (name === ":path") target = value;
    else if (name === ":authority") authority = value;
    else if (name === "host") host ??= value;
    else if (name !== ":scheme") lines += `${name}: ${value}\r\n`;
  }
  const first = `${method} ${target} HTTP/1.1\r\n`;
  const named = authority ?? host;
  const hostLine = named === undefined ? "" : `host: ${named}\r\n`;
  const bytes = Buffer.from(`${first}${hostLine}${lines}\r\n`, "latin1");
  const hostStart = named === undefined ? -1 : first.length + "host: ".length;
  const hostEnd = named === undefined ? -1 : hostStart + named.length;
  const targetStart = method.length + 1;
  const head = {
    targetStart,
    targetEnd: targetStart + target.length,
    insertAt: first.length,
    fields: { hostStart, hostEnd },
  };
  return { bytes, from: 0, headByteCount: bytes.length, head };
}
