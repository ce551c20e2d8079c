/** The proxy's own answers to requests of HTTP/1.1. */
import { Buffer } from "node:buffer";

const reasonPhrases: Readonly<Record<number, string>> = {
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** Why a request was not passed on, for the proxy that sent it: of which fault, see NOTICE in codec/notice.ts. */
export type RefusalMark = "refused" | "stranded";

export interface OwnAnswer {
  readonly statusCode: number;
  readonly code: string;
  readonly reason: string;
  readonly mark?: RefusalMark | "denied" | undefined;
  /** Of redirects. */
  readonly location?: string | undefined;
  /** More of its header, names in lower case. */
  readonly headers?: readonly (readonly [name: string, value: string])[] | undefined;
}

/** What the connection has to do with it. */
export interface AnswerFrame {
  /** To a HEAD request, whose answer has no body. */
  readonly isHead: boolean;
  /** The connection ends with it: what follows the request on it is not read. */
  readonly closes: boolean;
}

export function encodeAnswer(
  { statusCode, code, reason, mark, location, headers = [] }: OwnAnswer,
  { isHead, closes }: AnswerFrame,
): Buffer {
  const body = `${JSON.stringify({ error: { code, message: reason } })}\n`;
  const lines = [
    `HTTP/1.1 ${statusCode} ${reasonPhrases[statusCode] ?? "Error"}`,
    ...(mark === undefined ? [] : [`weft-refused: ${mark}`]),
    ...(location === undefined ? [] : [`location: ${location}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    ...(closes ? ["connection: close"] : []),
  ];
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return isHead ? head : Buffer.concat([head, Buffer.from(body)]);
}

/** The connection closes after it, also for a HEAD request, of which not everything may be known. */
export function errorAnswer(statusCode: number, code: string, reason: string, mark?: RefusalMark): Buffer {
  return encodeAnswer({ statusCode, code, reason, mark }, { isHead: false, closes: true });
}

const marks: readonly (readonly [RefusalMark, Buffer])[] = (["refused", "stranded"] as const).map((mark) => [
  mark,
  Buffer.from(`HTTP/1.1 503 ${reasonPhrases[503]}\r\nweft-refused: ${mark}\r\n`),
]);

/** The mark of an answer as a proxy writes it, in one piece; anything else is an answer like any other. */
export function refusalMarkOf(bytes: Buffer, from: number, to: number): RefusalMark | undefined {
  return marks.find(
    ([, start]) => to - from >= start.length && bytes.compare(start, 0, start.length, from, from + start.length) === 0,
  )?.[0];
}
