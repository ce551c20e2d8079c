/** Frames of N2-lite: four bytes of length, big-endian, then that many bytes of JSON. */
import { Buffer } from "node:buffer";

const frameBytesMax = 65_536;
const prefixLength = 4;

export type FrameEvent =
  | { readonly kind: "frame"; readonly json: unknown }
  /** The stream cannot be followed any further. */
  | { readonly kind: "broken"; readonly reason: string };

export function encodeFrame(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  const prefix = Buffer.alloc(prefixLength);
  prefix.writeUInt32BE(body.length);
  return Buffer.concat([prefix, body]);
}

/** Takes bytes as they come and gives whole frames; holds at most one unfinished frame. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0);
  #isBroken = false;

  read(chunk: Uint8Array): readonly FrameEvent[] {
    if (this.#isBroken) return [];
    this.#held = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    const events: FrameEvent[] = [];
    while (this.#held.length >= prefixLength && !this.#isBroken) {
      const length = this.#held.readUInt32BE(0);
      if (length === 0 || length > frameBytesMax) events.push(this.#break(`a frame of ${length} bytes`));
      else if (this.#held.length < prefixLength + length) break;
      else events.push(this.#frame(length));
    }
    return events;
  }

  #frame(length: number): FrameEvent {
    const body = this.#held.subarray(prefixLength, prefixLength + length);
    this.#held = this.#held.subarray(prefixLength + length);
    try {
      return { kind: "frame", json: JSON.parse(body.toString("utf8")) };
    } catch {
      return this.#break("a frame that is not JSON");
    }
  }

  #break(reason: string): FrameEvent {
    this.#isBroken = true;
    this.#held = Buffer.alloc(0);
    return { kind: "broken", reason };
  }
}
