/** One HTTP/1.1 request and response over a PDU session's stream of bytes. */
import { ResponseReader } from "../http1/response-reader.ts";
import type { UserStream } from "./user-plane.ts";

export interface HttpAsk {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: Buffer;
}

export type HttpOutcome =
  | { readonly kind: "response"; readonly status: number; readonly body: Buffer }
  | { readonly kind: "failed"; readonly cause: string };

const bodyBytesMax = 1_048_576;

export async function request(stream: UserStream, ask: HttpAsk, timeoutMs: number): Promise<HttpOutcome> {
  const length = ask.body ? `Content-Type: application/octet-stream\r\nContent-Length: ${ask.body.length}\r\n` : "";
  const head = `${ask.method} ${ask.path} HTTP/1.1\r\nHost: dn.weft.example\r\nAccept: application/json\r\n${length}\r\n`;
  // The end of a stream that was idle is no failure: the UPF opens another with the next bytes.
  stream.mailbox.clear();
  stream.write(ask.body ? Buffer.concat([Buffer.from(head), ask.body]) : Buffer.from(head));
  const reader = new ResponseReader(bodyBytesMax);
  for (;;) {
    const event = await stream.mailbox.take(timeoutMs);
    if (!event) return { kind: "failed", cause: "timeout" };
    if (event.kind === "ended") return { kind: "failed", cause: event.cause };
    const read = reader.read(event.bytes);
    if (read.kind === "broken") return { kind: "failed", cause: "malformed-response" };
    if (read.kind === "response") return read;
  }
}
