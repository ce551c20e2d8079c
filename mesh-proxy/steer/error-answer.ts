/** The proxy's own answer to a request that it cannot pass on. */
import { Buffer } from "node:buffer";
import type { LimitAnswer } from "../guard/limit-answers.ts";

const reasonPhrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  429: "Too Many Requests",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

/** Why a request was not passed on, for the proxy that sent it: of which fault, see NOTICE in codec/notice.ts. */
export type RefusalMark = "refused" | "stranded";

/** The connection closes after it: what follows the request on it is not read. */
export function errorAnswer(statusCode: number, code: string, message: string, mark?: RefusalMark): Buffer {
  const { head, body } = answerOf(statusCode, { code, message, mark, more: ["connection: close"] });
  return Buffer.from(head + body);
}

/** To a request that policies refuse, or a limit. @param isHead of a HEAD request, whose answer has no body */
export function denialAnswer(message: string, isHead: boolean, limit?: LimitAnswer): Buffer {
  const { head, body } =
    limit === undefined
      ? answerOf(403, { code: "access-denied", message, mark: "denied", more: [] })
      : answerOf(limit.statusCode, { code: limit.code, message, mark: undefined, more: linesOf(limit) });
  return Buffer.from(isHead ? head : head + body);
}

function linesOf({ headers }: LimitAnswer): readonly string[] {
  return headers.map(([name, value]) => `${name}: ${value}`);
}

interface AnswerParts {
  readonly code: string;
  readonly message: string;
  readonly mark: RefusalMark | "denied" | undefined;
  readonly more: readonly string[];
}

function answerOf(statusCode: number, { code, message, mark, more }: AnswerParts) {
  const body = `${JSON.stringify({ error: { code, message } })}\n`;
  const lines = [
    `HTTP/1.1 ${statusCode} ${reasonPhrases[statusCode] ?? "Error"}`,
    ...(mark === undefined ? [] : [`weft-refused: ${mark}`]),
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    ...more,
  ];
  return { head: `${lines.join("\r\n")}\r\n\r\n`, body };
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
