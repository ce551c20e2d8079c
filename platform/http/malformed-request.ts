/** Answers what never became a request: bytes that are no HTTP, headers without end, a body that does not come. */
import type { Socket } from "node:net";
import { errorBody, type HttpRefusal } from "./http-error.ts";

const reasonPhrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

export function answerMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const refusal = refusalOf(error);
  const body = JSON.stringify(errorBody(refusal));
  const head = [
    `HTTP/1.1 ${refusal.statusCode} ${reasonPhrases[refusal.statusCode]}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

function refusalOf(error: NodeJS.ErrnoException): HttpRefusal {
  switch (error.code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { statusCode: 408, code: "request-timeout", message: "the request did not arrive whole in time" };
    case "HPE_HEADER_OVERFLOW":
      return { statusCode: 431, code: "headers-too-large", message: "the request's headers are too large" };
    default:
      return { statusCode: 400, code: "request-malformed", message: `this is no HTTP request: ${error.message}` };
  }
}
