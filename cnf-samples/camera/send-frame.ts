/** One frame to the edge function, on a connection of its own: which endpoint takes it is the mesh's choice each time. */
import { request } from "node:http";
import type { Endpoint } from "../config-fields.ts";

export interface FrameRequest {
  readonly edge: Endpoint;
  /** Address to connect from. */
  readonly localAddress: string;
  readonly frame: Buffer;
  readonly deadlineMs: number;
}

/** Undefined when the frame was taken, else why it was not: `http-503`, `timeout`, `wrong-answer`, `connection`. */
export function sendFrame({ edge, localAddress, frame, deadlineMs }: FrameRequest): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const signal = AbortSignal.timeout(deadlineMs);
  const headers = { "content-type": "application/octet-stream", "content-length": frame.length };
  const sent = request({ ...edge, localAddress, method: "POST", path: "/frames", agent: false, headers, signal });
  sent.on("error", () => resolve(signal.aborted ? "timeout" : "connection"));
  sent.on("response", (response) => {
    let text = "";
    response.on("data", (chunk: Buffer) => {
      if (text.length < ANSWER_LENGTH_MAX) text += chunk.toString("latin1");
    });
    response.on("error", () => resolve(signal.aborted ? "timeout" : "connection"));
    response.on("end", () => {
      if (response.statusCode !== 200) resolve(`http-${response.statusCode}`);
      else resolve(text === JSON.stringify({ received: frame.length }) ? undefined : "wrong-answer");
    });
  });
  sent.end(frame);
  return promise;
}

const ANSWER_LENGTH_MAX = 1024;
