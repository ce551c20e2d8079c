/** Follows a stream of HTTP/1.1 responses and makes JSON bodies in it smaller. */
import { ChunkedReader } from "../http1/chunked-reader.ts";
import { headLength, parseResponseHead, type ResponseHead } from "../http1/response-head.ts";
import { type FlowProcessor, type FlowVerdict, passOn } from "../service-function/flow-processor.ts";
import { mayChange, smallerResponse } from "./rules.ts";

export interface OptimiserOptions {
  /** Largest body, as it comes on the wire, that is held to be made smaller. */
  readonly bodyBytesMax: number;
  onEvent(event: OptimiserEvent, bytes?: number): void;
}

export type OptimiserEvent = "responses" | "bodiesMinified" | "bytesSaved" | "streamsGivenUp";

type Mode =
  | { readonly kind: "head" }
  /** A body of known length passes. */
  | { readonly kind: "copy"; left: number; probe: number }
  /** A body in chunks passes. */
  | { readonly kind: "copy-chunks"; readonly reader: ChunkedReader }
  /** A body is gathered, head included in what is held. */
  | {
      readonly kind: "gather";
      readonly head: ResponseHead;
      readonly headLength: number;
      reader: ChunkedReader | undefined;
    }
  /** Everything passes from here on. */
  | { readonly kind: "opaque" };

const headBytesMax = 16_384;
const beginning = Buffer.from("HTTP/1.");
const head: Mode = { kind: "head" };
const opaque: Mode = { kind: "opaque" };

export class ResponseOptimiser implements FlowProcessor {
  readonly #options: OptimiserOptions;
  #mode: Mode = head;
  #held: Buffer = Buffer.alloc(0);
  #out: Buffer[] = [];

  constructor(options: OptimiserOptions) {
    this.#options = options;
  }

  get heldBytes(): number {
    return this.#held.length;
  }

  write(chunk: Buffer): FlowVerdict {
    let rest: Buffer | undefined = chunk;
    while (rest && rest.length > 0) rest = this.#take(rest);
    return this.#flush();
  }

  end(): FlowVerdict {
    this.#giveUp();
    return this.#flush();
  }

  release(): FlowVerdict {
    this.#options.onEvent("streamsGivenUp");
    this.#giveUp();
    return this.#flush();
  }

  /** Takes some of the bytes and gives the rest back. */
  #take(bytes: Buffer): Buffer | undefined {
    const mode = this.#mode;
    switch (mode.kind) {
      case "opaque":
        this.#out.push(bytes);
        return undefined;
      case "head":
        return this.#takeHead(bytes);
      case "copy":
        return this.#copy(bytes, mode);
      case "copy-chunks":
        return this.#copyChunks(bytes, mode.reader);
      case "gather":
        return mode.reader ? this.#gatherChunks(bytes, mode, mode.reader) : this.#gatherLength(bytes, mode);
    }
  }

  #takeHead(bytes: Buffer): Buffer | undefined {
    this.#held = Buffer.concat([this.#held, bytes]);
    const shared = Math.min(this.#held.length, beginning.length);
    const length = headLength(this.#held);
    const isHttp = this.#held.subarray(0, shared).equals(beginning.subarray(0, shared));
    if (!isHttp || (length ?? this.#held.length) > headBytesMax) return this.#giveUp();
    if (length === undefined) return undefined;
    const parsed = parseResponseHead(this.#held.subarray(0, length));
    if (!parsed || parsed.status === 101) return this.#giveUp();
    const rest = this.#held.subarray(length);
    this.#held = this.#held.subarray(0, length);
    this.#begin(parsed, length);
    return rest;
  }

  #begin(parsed: ResponseHead, length: number): void {
    const { body } = parsed;
    if (parsed.status >= 200) this.#options.onEvent("responses");
    const isSmallEnough = body.kind !== "length" || body.bytes <= this.#options.bodyBytesMax;
    if (mayChange(parsed) && isSmallEnough && !(body.kind === "length" && body.bytes === 0)) {
      const reader = body.kind === "chunked" ? new ChunkedReader() : undefined;
      this.#mode = { kind: "gather", head: parsed, headLength: length, reader };
      return;
    }
    this.#passHeld();
    this.#mode = copyingMode(parsed);
  }

  #copy(bytes: Buffer, mode: Extract<Mode, { kind: "copy" }>): Buffer | undefined {
    const part = bytes.subarray(0, mode.left);
    if (this.#isAnotherResponse(part, mode)) {
      this.#giveUp();
      return bytes;
    }
    this.#out.push(part);
    mode.left -= part.length;
    if (mode.left > 0) return undefined;
    this.#mode = head;
    return bytes.subarray(part.length);
  }

  /**
   * The answer to a HEAD request has a length and no body, and nothing on this side tells that HEAD was asked: where the
   * next response begins in place of a body, the stream is not understood and not touched any more.
   */
  #isAnotherResponse(part: Buffer, mode: Extract<Mode, { kind: "copy" }>): boolean {
    for (const byte of part) {
      if (mode.probe < 0 || mode.probe === beginning.length) break;
      mode.probe = byte === beginning[mode.probe] ? mode.probe + 1 : -1;
    }
    return mode.probe === beginning.length;
  }

  #copyChunks(bytes: Buffer, reader: ChunkedReader): Buffer | undefined {
    const state = reader.read(bytes);
    if (state.kind === "malformed") {
      this.#giveUp();
      return bytes;
    }
    const consumed = state.kind === "whole" ? state.consumed : bytes.length;
    this.#out.push(bytes.subarray(0, consumed));
    if (state.kind === "unfinished") return undefined;
    this.#mode = head;
    return bytes.subarray(consumed);
  }

  #gatherLength(bytes: Buffer, mode: Extract<Mode, { kind: "gather" }>): Buffer | undefined {
    const { body } = mode.head;
    const whole = mode.headLength + (body.kind === "length" ? body.bytes : 0);
    const needed = whole - this.#held.length;
    this.#held = Buffer.concat([this.#held, bytes.subarray(0, needed)]);
    // No JSON begins with an H: this is the next response, after one to a HEAD request.
    if (this.#held[mode.headLength] === beginning[0]) {
      this.#giveUp();
    } else if (this.#held.length === whole) {
      this.#finish(mode, this.#held.subarray(mode.headLength));
    }
    return bytes.subarray(needed);
  }

  #gatherChunks(bytes: Buffer, mode: Extract<Mode, { kind: "gather" }>, reader: ChunkedReader): Buffer | undefined {
    const state = reader.read(bytes);
    const consumed = state.kind === "whole" ? state.consumed : bytes.length;
    this.#held = Buffer.concat([this.#held, bytes.subarray(0, consumed)]);
    const rest = bytes.subarray(consumed);
    if (state.kind === "malformed") {
      this.#giveUp();
    } else if (this.#held.length - mode.headLength > this.#options.bodyBytesMax) {
      this.#passHeld();
      reader.forgetData();
      this.#mode = state.kind === "whole" ? head : { kind: "copy-chunks", reader };
    } else if (state.kind === "whole") {
      if (state.hasTrailers) this.#passUnchanged();
      else this.#finish(mode, reader.data());
    }
    return rest;
  }

  #finish(mode: Extract<Mode, { kind: "gather" }>, body: Buffer): void {
    const smaller = smallerResponse(mode.head, body);
    if (!smaller) {
      this.#passUnchanged();
      return;
    }
    const saved = this.#held.length - smaller.reduce((sum, { length }) => sum + length, 0);
    this.#options.onEvent("bodiesMinified");
    this.#options.onEvent("bytesSaved", saved);
    this.#out.push(...smaller);
    this.#held = Buffer.alloc(0);
    this.#mode = head;
  }

  #passUnchanged(): void {
    this.#passHeld();
    this.#mode = head;
  }

  #giveUp(): undefined {
    this.#passHeld();
    this.#mode = opaque;
    return undefined;
  }

  #passHeld(): void {
    if (this.#held.length > 0) this.#out.push(this.#held);
    this.#held = Buffer.alloc(0);
  }

  #flush(): FlowVerdict {
    const bytes = this.#out;
    this.#out = [];
    return passOn(...bytes);
  }
}

function copyingMode({ body }: ResponseHead): Mode {
  switch (body.kind) {
    case "none":
      return head;
    case "length":
      return body.bytes === 0 ? head : { kind: "copy", left: body.bytes, probe: 0 };
    case "chunked":
      return { kind: "copy-chunks", reader: new ChunkedReader({ keepsData: false }) };
    case "until-close":
      return opaque;
  }
}
