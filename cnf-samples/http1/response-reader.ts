/** Whole HTTP/1.1 responses out of a stream of bytes; for a client that asks one thing at a time. */
import { ChunkedReader } from "./chunked-reader.ts";
import { headLength, parseResponseHead, type ResponseHead } from "./response-head.ts";

export type ReadResponse =
  | { readonly kind: "unfinished" }
  | { readonly kind: "response"; readonly status: number; readonly body: Buffer }
  | { readonly kind: "broken"; readonly reason: string };

const headBytesMax = 16_384;

export class ResponseReader {
  readonly #bodyBytesMax: number;
  #held: Buffer = Buffer.alloc(0);

  constructor(bodyBytesMax: number) {
    this.#bodyBytesMax = bodyBytesMax;
  }

  /** Takes bytes and gives the response once it is whole. Interim responses are stepped over. */
  read(chunk: Uint8Array): ReadResponse {
    this.#held = Buffer.concat([this.#held, chunk]);
    const length = headLength(this.#held);
    if (length === undefined) return this.#held.length > headBytesMax ? broken("its head is too long") : unfinished;
    const head = parseResponseHead(this.#held.subarray(0, length));
    if (!head) return broken("its head is malformed");
    if (this.#held.length - length > this.#bodyBytesMax * 2) return broken("its body is too long");
    return this.#body(head, this.#held.subarray(length));
  }

  #body(head: ResponseHead, rest: Buffer): ReadResponse {
    const { status, body } = head;
    switch (body.kind) {
      case "none":
        return this.#finish(status, Buffer.alloc(0), rest);
      case "length":
        if (body.bytes > this.#bodyBytesMax) return broken("its body is too long");
        return rest.length < body.bytes
          ? unfinished
          : this.#finish(status, rest.subarray(0, body.bytes), rest.subarray(body.bytes));
      case "chunked": {
        const reader = new ChunkedReader();
        const state = reader.read(rest);
        if (state.kind === "malformed") return broken("its chunks are malformed");
        return state.kind === "unfinished"
          ? unfinished
          : this.#finish(status, reader.data(), rest.subarray(state.consumed));
      }
      case "until-close":
        return broken("its length is not given");
    }
  }

  #finish(status: number, body: Buffer, rest: Buffer): ReadResponse {
    this.#held = Buffer.alloc(0);
    if (status < 200) return this.read(rest);
    return rest.length > 0 ? broken("more came than was asked for") : { kind: "response", status, body };
  }
}

const unfinished: ReadResponse = { kind: "unfinished" };

function broken(reason: string): ReadResponse {
  return { kind: "broken", reason };
}
