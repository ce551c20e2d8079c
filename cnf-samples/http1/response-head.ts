/** Heads of HTTP/1.1 responses (RFC 9112), read from whole bytes; strict, because what is not understood is passed on unread. */

export interface ResponseHead {
  readonly status: number;
  /** Status line and header lines as they are, without the line ends. */
  readonly lines: readonly string[];
  /** Values by lower-case name; repeated ones joined by ", ". */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: BodyKind;
}

export type BodyKind =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  /** The body ends with the connection. */
  | { readonly kind: "until-close" };

const headEnd = Buffer.from("\r\n\r\n");
const statusLine = /^HTTP\/1\.1 (\d{3})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const headerLine = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;

/** Length of the head at the start of `bytes`, its empty line included; undefined while it is unfinished. */
export function headLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(headEnd);
  return end < 0 ? undefined : end + headEnd.length;
}

/** Undefined for what is not the head of an HTTP/1.1 response, or contradicts itself. */
export function parseResponseHead(head: Buffer): ResponseHead | undefined {
  const lines = head
    .subarray(0, head.length - headEnd.length)
    .toString("latin1")
    .split("\r\n");
  const status = Number(statusLine.exec(lines[0] ?? "")?.[1]);
  if (Number.isNaN(status)) return undefined;
  const headers = readHeaders(lines.slice(1));
  const body = headers && bodyOf(status, headers);
  return headers && body && { status, lines, headers, body };
}

function readHeaders(lines: readonly string[]): ReadonlyMap<string, string> | undefined {
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value] = headerLine.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const key = name.toLowerCase();
    const before = headers.get(key);
    headers.set(key, before === undefined ? value : `${before}, ${value}`);
  }
  return headers;
}

/** RFC 9112 clause 6.3. */
function bodyOf(status: number, headers: ReadonlyMap<string, string>): BodyKind | undefined {
  if (status < 200 || status === 204 || status === 304) return { kind: "none" };
  const encoding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  if (encoding !== undefined) {
    return encoding.toLowerCase() === "chunked" && length === undefined ? { kind: "chunked" } : undefined;
  }
  if (length === undefined) return { kind: "until-close" };
  return /^\d{1,15}$/.test(length) ? { kind: "length", bytes: Number(length) } : undefined;
}
