/** One direction of a request between two sessions: passes DATA and trailers on, and holds what finds no room. */
import type { HeaderFields } from "../codec/http2/header-fields.ts";
import type { SessionStream } from "../codec/http2/session/session-stream.ts";
import { HeldBytes } from "./held-bytes.ts";
import type { Sender, SessionSocket } from "./session-socket.ts";
import type { StreamOwner } from "./stream-owner.ts";

export interface StreamEnd {
  readonly at: SessionSocket;
  readonly stream: SessionStream<StreamOwner>;
}

export interface StreamPipeOptions {
  readonly isRepeatable: boolean;
  /** Called when the end was passed on. */
  readonly onProgress: () => void;
  /** Called with how many bytes wait, when that changes. */
  readonly onHeld?: (byteCount: number) => void;
}

export type StreamCopy = Pick<StreamOwner, "requestData" | "requestTrailers">;

export interface KeptRequest {
  readonly body: HeldBytes;
  readonly trailers: HeaderFields | undefined;
}

/** Of what was passed on, kept to be sent once more; a body that is longer cannot be. */
const REPLAY_BYTES_MAX = 16 * 1024;

export class StreamPipe implements Sender {
  /** Nothing more comes. */
  isEnded = false;
  /** The end is passed on. */
  isDone = false;

  private readonly onProgress: () => void;
  private readonly onHeld: StreamPipeOptions["onHeld"];
  private readonly held = new HeldBytes();
  private source: StreamEnd | undefined;
  private sink: StreamEnd | undefined;
  private trailers: HeaderFields | undefined;
  /** Undefined once nothing can be sent again. */
  private sent: HeldBytes | undefined;
  /** Held bytes for which the source has its credit back already. */
  private creditedBytes = 0;

  constructor(options: StreamPipeOptions) {
    this.onProgress = options.onProgress;
    this.onHeld = options.onHeld;
    if (options.isRepeatable) this.sent = new HeldBytes();
  }

  /** Whether everything that came can be sent again. */
  get isRepeatable(): boolean {
    return this.sent !== undefined;
  }

  /** All that was passed on, while it can be sent again. */
  get kept(): KeptRequest | undefined {
    return this.sent && { body: this.sent, trailers: this.trailers };
  }

  /** Shows what has come and was not passed on yet. */
  show(copy: StreamCopy): void {
    if (this.held.byteCount > 0 || (this.isEnded && this.trailers === undefined))
      copy.requestData(this.held.bytes, this.held.from, this.held.to, this.isEnded && this.trailers === undefined);
    if (this.trailers !== undefined) copy.requestTrailers(this.trailers);
  }

  /** Whether the head that is about to be sent is all there is. */
  get isHeadOnly(): boolean {
    return this.isEnded && this.held.byteCount === 0 && this.trailers === undefined;
  }

  from(source: StreamEnd): void {
    this.source = source;
  }

  to(sink: StreamEnd): void {
    this.sink = sink;
    if (sink.stream.isLocalEnded) this.isDone = true;
    this.send();
  }

  take(bytes: Buffer, from: number, to: number, isEnd: boolean): void {
    const isAhead = this.sink !== undefined && this.held.byteCount === 0;
    const passed = isAhead ? this.pass(bytes, from, to, isEnd) : 0;
    this.isEnded ||= isEnd;
    if (passed < to - from) {
      this.held.add(bytes, from + passed, to);
      this.onHeld?.(this.held.byteCount);
    }
    if (isAhead && passed === to - from) {
      if (isEnd) this.done();
    } else this.sink?.at.wait(this);
  }

  takeEnd(trailers?: HeaderFields): void {
    this.trailers = trailers;
    this.isEnded = true;
    this.send();
  }

  /** The sink is gone. What was passed on is held again, if it was kept. */
  rewind(): void {
    this.sink?.at.forget(this);
    this.sink = undefined;
    this.isDone = false;
    const { sent, held } = this;
    if (sent === undefined || sent.byteCount === 0) return;
    this.creditedBytes += sent.byteCount;
    sent.add(held.bytes, held.from, held.to);
    held.clear();
    held.add(sent.bytes, sent.from, sent.to);
    sent.clear();
  }

  /** Nothing will be sent again. */
  forget(): void {
    this.sent = undefined;
  }

  stop(): void {
    this.sink?.at.forget(this);
    this.sink = undefined;
    this.held.clear();
    this.onHeld?.(0);
    this.forget();
  }

  pump(): boolean {
    const { held } = this;
    if (this.sink === undefined || this.isDone) return true;
    if (held.byteCount > 0) {
      const isLast = this.isEnded && this.trailers === undefined;
      held.drop(this.pass(held.bytes, held.from, held.to, isLast));
      this.onHeld?.(held.byteCount);
      if (held.byteCount > 0) return false;
      if (isLast) this.done();
    }
    if (this.isEnded && !this.isDone) this.passEnd(this.sink);
    return true;
  }

  private send(): void {
    if (!this.pump()) this.sink?.at.wait(this);
  }

  private passEnd({ at, stream }: StreamEnd): void {
    if (this.trailers === undefined) at.sendData(stream, this.held.bytes, 0, 0, true);
    else at.session.sendHeaders(stream, this.trailers, true);
    at.touch();
    this.done();
  }

  private pass(bytes: Buffer, from: number, to: number, isEnd: boolean): number {
    if (this.sink === undefined) return 0;
    const passed = this.sink.at.sendData(this.sink.stream, bytes, from, to, isEnd);
    if (this.sent !== undefined) this.keep(this.sent, bytes, from, from + passed);
    const credited = Math.min(passed, this.creditedBytes);
    this.creditedBytes -= credited;
    if (passed > credited && this.source !== undefined) {
      this.source.at.session.drained(this.source.stream, passed - credited);
      this.source.at.touch();
    }
    return passed;
  }

  private keep(sent: HeldBytes, bytes: Buffer, from: number, to: number): void {
    if (sent.byteCount + to - from > REPLAY_BYTES_MAX) this.sent = undefined;
    else sent.add(bytes, from, to);
  }

  private done(): void {
    this.isDone = true;
    this.onProgress();
  }
}
