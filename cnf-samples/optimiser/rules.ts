/** Which HTTP/1.1 responses may be changed, and how. Everything else passes unchanged, byte for byte. */
import type { ResponseHead } from "../http1/response-head.ts";
import { minifyJson } from "./minify-json.ts";

const jsonType = /^application\/(?:[a-z0-9.+-]+\+)?json(?:;|$)/i;
const noTransform = /(?:^|,)[ \t]*no-transform[ \t]*(?:,|$)/i;
/** Headers that bind the body's very bytes. */
const bindingHeaders = ["content-digest", "repr-digest", "digest", "content-md5", "trailer", "content-range"];

/**
 * True for a JSON response that nobody forbids to change: no content coding, no digest, no strong validator (RFC 9110 clause
 * 8.8.1), no `no-transform` (RFC 9111 clause 5.2.2.6), no part of a whole.
 */
export function mayChange({ status, headers, body }: ResponseHead): boolean {
  const hasBody = body.kind === "length" || body.kind === "chunked";
  const coding = headers.get("content-encoding") ?? "identity";
  const validator = headers.get("etag");
  return (
    hasBody &&
    status !== 206 &&
    jsonType.test(headers.get("content-type") ?? "") &&
    coding.toLowerCase() === "identity" &&
    !noTransform.test(headers.get("cache-control") ?? "") &&
    (validator === undefined || validator.startsWith("W/")) &&
    !bindingHeaders.some((name) => headers.has(name))
  );
}

/** Head and body of the smaller response; undefined where the body is not JSON or would not be smaller. */
export function smallerResponse(head: ResponseHead, body: Buffer): readonly Buffer[] | undefined {
  const minified = minifyJson(body);
  if (!minified || minified.length === 0 || minified.length >= body.length) return undefined;
  if (head.body.kind === "chunked") {
    const size = Buffer.from(`${minified.length.toString(16)}\r\n`);
    return [headBytes(head.lines), size, minified, Buffer.from("\r\n0\r\n\r\n")];
  }
  const lines = head.lines.map((line) =>
    /^content-length:/i.test(line) ? `Content-Length: ${minified.length}` : line,
  );
  return [headBytes(lines), minified];
}

function headBytes(lines: readonly string[]): Buffer {
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}
