/** A copy of one request of HTTP/2 to a Service whose answer goes nowhere. The request never waits for it: what finds no room is lost. */
import { ERROR_CODE } from "../codec/http2/error-code.ts";
import type { HeaderFields } from "../codec/http2/header-fields.ts";
import type { SessionStream } from "../codec/http2/session/session-stream.ts";
import type { CopyLoss } from "../meter/own-metrics.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { StreamOwner } from "./stream-owner.ts";
import { StreamPipe } from "./stream-pipe.ts";
import type { UpstreamConnection } from "./upstream-connection.ts";
import { openExchange, recordExchange, type UpstreamExchange } from "./upstream-exchange.ts";

/** Longest wait for an answer, from the request's end. */
const ANSWER_MS_MAX = 15_000;

export class StreamMirror implements StreamOwner {
  readonly tried = new Set<string>();
  readonly mayTryAgain = false;
  readonly hop = undefined;
  readonly route = undefined;
  isOver = false;
  isAnswered = false;

  private readonly context: ProxyContext;
  private readonly fields: HeaderFields;
  private readonly onOver: () => void;
  private readonly upload: StreamPipe;
  private heldByteCount = 0;
  private up: UpstreamExchange | undefined;
  private statusCode = 0;
  private cancelWait = () => {};

  /** @param onOver called once */
  constructor(context: ProxyContext, fields: HeaderFields, onOver: () => void) {
    this.context = context;
    this.fields = fields;
    this.onOver = onOver;
    this.upload = new StreamPipe({
      isRepeatable: false,
      onProgress: () => {},
      onHeld: (byteCount) => {
        context.taps.byteCount += byteCount - this.heldByteCount;
        this.heldByteCount = byteCount;
      },
    });
  }

  attach(connection: UpstreamConnection): boolean {
    const up = openExchange(this, connection);
    if (up === undefined) return false;
    this.up = up;
    up.at.session.sendHeaders(up.stream, this.fields, this.upload.isHeadOnly);
    up.at.touch();
    this.upload.to(up);
    return true;
  }

  /** Nobody takes it. */
  answer(): void {
    this.lose("refused");
  }

  requestData(bytes: Buffer, from: number, to: number, isEnd: boolean): void {
    if (this.isOver) {
      this.context.own.lostCopyByteCount += to - from;
      return;
    }
    if (!this.context.taps.hasRoom(this.heldByteCount, to - from)) {
      this.context.own.lostCopyByteCount += to - from;
      this.lose("overrun");
      return;
    }
    this.upload.take(bytes, from, to, isEnd);
    if (isEnd) this.awaitAnswer();
  }

  requestTrailers(fields?: HeaderFields): void {
    if (this.isOver) return;
    this.upload.takeEnd(fields);
    this.awaitAnswer();
  }

  /** Of a request that is whole it is one, too. */
  abandoned(code: number): void {
    if (!this.upload.isEnded) this.breakOff(code);
  }

  response(stream: SessionStream<StreamOwner>, fields: HeaderFields, isEnd: boolean, isInterim: boolean): void {
    if (stream !== this.up?.stream || isInterim) return;
    this.isAnswered = true;
    this.statusCode = Number(fields.get(":status"));
    this.up.connection.answered(this.up.connection.nowMs() - this.up.startMs);
    if (isEnd) this.breakOff(ERROR_CODE.none);
  }

  responseData(_: Buffer, from: number, to: number, isEnd: boolean): void {
    this.up?.at.session.drained(this.up.stream, to - from);
    this.up?.at.touch();
    if (isEnd) this.breakOff(ERROR_CODE.none);
  }

  responseTrailers(): void {
    this.breakOff(ERROR_CODE.none);
  }

  upstreamReset(): void {
    this.lose("broken");
  }

  upstreamBroke(): void {
    this.lose("broken");
  }

  private awaitAnswer(): void {
    this.cancelWait = this.context.clock.after(ANSWER_MS_MAX, () => this.breakOff(ERROR_CODE.cancel));
  }

  private lose(loss: CopyLoss): void {
    if (this.isOver) return;
    this.context.own.loseCopy(loss);
    this.context.own.lostCopyByteCount += this.heldByteCount;
    this.breakOff(ERROR_CODE.cancel);
  }

  private breakOff(code: number): void {
    if (this.isOver) return;
    this.isOver = true;
    this.cancelWait();
    this.upload.stop();
    const { up } = this;
    this.up = undefined;
    if (up !== undefined) {
      up.at.session.reset(up.stream, code);
      up.at.touch();
      recordExchange(up, { statusCode: this.statusCode, grpcStatus: -1 });
    }
    this.onOver();
  }
}
