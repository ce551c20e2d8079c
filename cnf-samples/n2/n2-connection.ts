/** One N2-lite connection, on either end. */
import type { Socket } from "node:net";
import type { z } from "zod";
import type { Counters } from "../counters.ts";
import { encodeFrame, FrameReader } from "./length-frame.ts";
import { faultText } from "./n2-message.ts";

export interface N2ConnectionOptions<Received> {
  readonly socket: Socket;
  readonly schema: z.ZodType<Received>;
  readonly counters: Counters;
  /** Bytes that may wait for a peer that does not read, before the connection is given up. */
  readonly queueBytesMax: number;
  onMessage(message: Received): void;
  /** A whole frame that is not a message; the connection goes on. */
  onFault?(reason: string): void;
  onClose(): void;
}

export interface N2Connection<Sent> {
  send(message: Sent): void;
  close(): void;
}

/** Counts `n2Received`, `n2Sent`, `n2Malformed` (a frame that is no message), `n2Broken` (bytes that are no frames). */
export function openN2<Sent, Received>(options: N2ConnectionOptions<Received>): N2Connection<Sent> {
  const { socket, counters } = options;
  const reader = new FrameReader();
  socket.setNoDelay(true);
  socket.on("data", (chunk: Buffer) => {
    for (const event of reader.read(chunk)) {
      if (event.kind === "frame") receive(event.json, options);
      else {
        counters.add("n2Broken");
        socket.destroy();
      }
    }
  });
  socket.on("error", () => counters.add("n2SocketErrors"));
  socket.once("close", () => options.onClose());
  return {
    send: (message) => {
      if (socket.destroyed) return;
      if (socket.writableLength > options.queueBytesMax) {
        counters.add("n2QueueOverflows");
        socket.destroy();
        return;
      }
      counters.add("n2Sent");
      socket.write(encodeFrame(message));
    },
    close: () => socket.destroy(),
  };
}

function receive<Received>(json: unknown, options: N2ConnectionOptions<Received>): void {
  const parsed = options.schema.safeParse(json);
  if (parsed.success) {
    options.counters.add("n2Received");
    options.onMessage(parsed.data);
  } else {
    options.counters.add("n2Malformed");
    options.onFault?.(faultText(parsed.error));
  }
}
