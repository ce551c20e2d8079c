/** A request of HTTP/2 whose answer is slow to come, on a second stream: whichever of the two answers first carries it on. */
import { ERROR_CODE } from "../codec/http2/error-code.ts";
import type { HeaderFields } from "../codec/http2/header-fields.ts";
import type { SessionStream } from "../codec/http2/session/session-stream.ts";
import type { StreamOwner } from "./stream-owner.ts";
import { type KeptRequest, StreamPipe } from "./stream-pipe.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import { openExchange, recordExchange, type UpstreamExchange } from "./upstream-exchange.ts";

export interface SecondStreamOptions {
  readonly fields: HeaderFields;
  readonly kept: KeptRequest;
  /** Endpoints that have the request, by key; the second one's is added. */
  readonly tried: Set<string>;
  /** Whether an answer counts as none. */
  readonly isFailure: (statusCode: number) => boolean;
  /** It has an answer that is no failure; its exchange is there to be taken. */
  readonly onAnswer: (fields: HeaderFields, isEnd: boolean) => void;
}

export class SecondStream implements StreamOwner {
  readonly tried: Set<string>;
  readonly mayTryAgain = false;
  readonly isAnswered = false;
  readonly hop = undefined;
  readonly route = undefined;
  isOver = false;

  private readonly options: SecondStreamOptions;
  private readonly upload = new StreamPipe({ isRepeatable: false, onProgress: () => {} });
  private up: UpstreamExchange | undefined;

  constructor(options: SecondStreamOptions) {
    this.options = options;
    this.tried = options.tried;
    const { body, trailers } = options.kept;
    if (body.byteCount > 0) this.upload.take(body.bytes, body.from, body.to, trailers === undefined);
    if (body.byteCount === 0 || trailers !== undefined) this.upload.takeEnd(trailers);
  }

  attach(connection: UpstreamConnection): boolean {
    const up = openExchange(this, connection);
    if (up === undefined) return false;
    this.up = up;
    this.tried.add(connection.key);
    up.at.session.sendHeaders(up.stream, this.options.fields, this.upload.isHeadOnly);
    up.at.touch();
    this.upload.to(up);
    return true;
  }

  /** Gives the exchange away; undefined where nobody has the request. What is left of its body still goes there. */
  take(): UpstreamExchange | undefined {
    const { up } = this;
    this.up = undefined;
    this.isOver = true;
    return up;
  }

  /** The answer is none of its business any more; of what was taken it never was. */
  drop(statusCode = 0): void {
    if (this.isOver) return;
    const up = this.take();
    this.upload.stop();
    if (up === undefined) return;
    up.at.session.reset(up.stream, ERROR_CODE.cancel);
    up.at.touch();
    recordExchange(up, { statusCode, grpcStatus: -1 });
  }

  /** Nothing of the request is sent any more. */
  stop(): void {
    this.drop();
    this.upload.stop();
  }

  /** Nobody takes it. */
  answer(): void {
    this.drop();
  }

  requestData(): void {}

  requestTrailers(): void {}

  abandoned(): void {
    this.drop();
  }

  response(stream: SessionStream<StreamOwner>, fields: HeaderFields, isEnd: boolean, isInterim: boolean): void {
    const { up, options } = this;
    if (up === undefined || stream !== up.stream || isInterim) return;
    const statusCode = Number(fields.get(":status"));
    if (!options.isFailure(statusCode)) {
      options.onAnswer(fields, isEnd);
      return;
    }
    up.connection.answered(up.connection.nowMs() - up.startMs);
    this.drop(statusCode);
  }

  responseData(): void {}

  responseTrailers(): void {}

  upstreamReset(): void {
    this.drop();
  }

  upstreamBroke(): void {
    this.drop();
  }
}
