/** The proxy's own answer to a request that it cannot pass on. */
import { Buffer } from "node:buffer";

const reasonPhrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  502: "Bad Gateway",
  503: "Service Unavailable",
};

/** The connection closes after it: what follows the request on it is not read. */
export function errorAnswer(statusCode: number, code: string, message: string): Buffer {
  const body = `${JSON.stringify({ error: { code, message } })}\n`;
  const head = [
    `HTTP/1.1 ${statusCode} ${reasonPhrases[statusCode] ?? "Error"}`,
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}
