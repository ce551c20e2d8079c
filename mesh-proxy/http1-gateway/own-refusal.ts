/** An answer of the proxy's own behind which a connection of HTTP/1.1 ends; the requests before it are answered first. */
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import type { Http1Meter } from "../meter/http1-meter.ts";
import type { Http1Watch } from "../observe/http1-watch.ts";
import { flagOfRefusal } from "../observe/response-flag.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { ResponseScan } from "./response-scan.ts";

export interface RefusalText {
  readonly statusCode: number;
  readonly code: string;
  readonly answer: Buffer;
}

export interface RefusalPlace {
  readonly request: Http1Scanner;
  readonly response: ResponseScan;
  readonly downstream: ByteSocket;
  readonly meter: Http1Meter;
  readonly watch: Http1Watch;
  /** Between a request's head and its end. */
  readonly isInRequest: () => boolean;
  /** The request in hand is to be sent once more. */
  readonly isRepeating: () => boolean;
  /** It is said, or goes without saying: nothing more is to come. */
  readonly onSaid: () => void;
}

export class OwnRefusal {
  private readonly context: ProxyContext;
  private readonly place: RefusalPlace;
  private text: RefusalText | undefined;
  /** How many requests are pending when it is its turn. */
  private pendingMax = 0;

  constructor(context: ProxyContext, place: RefusalPlace) {
    this.context = context;
    this.place = place;
  }

  /** Whether there is one, said or not. */
  get isSet(): boolean {
    return this.text !== undefined;
  }

  set(text: RefusalText): void {
    this.context.own.refuseRequest(text.statusCode);
    this.text = text;
    this.pendingMax = this.place.isInRequest() || this.place.isRepeating() ? 1 : 0;
    this.sayInTurn();
  }

  /** Only when every request before the refused one is answered. */
  sayInTurn(): void {
    const { text, place, pendingMax } = this;
    const { request, response, downstream } = place;
    if (text === undefined || response.isInResponse || request.pendingRequestCount > pendingMax) return;
    // A request that was answered before its body turned out malformed gets no second answer.
    const isAnswered = place.isInRequest() && request.pendingRequestCount === 0;
    if (!isAnswered) {
      downstream.write(text.answer, 0, text.answer.length);
      this.observe(text);
    }
    place.onSaid();
  }

  private observe({ statusCode, code, answer }: RefusalText): void {
    const { request, meter, watch, isInRequest } = this.place;
    const failure = { flag: statusCode === 400 ? "DPE" : flagOfRefusal(code), details: code } as const;
    if (statusCode !== 400 || isInRequest()) {
      meter.fail(failure, request, { statusCode, byteCount: answer.length });
      return;
    }
    const record = { statusCode, grpcStatus: -1, durationMs: 0, requestBytes: 0, responseBytes: answer.length };
    watch.unread(failure, record, this.context.clock.nowMs());
  }
}
