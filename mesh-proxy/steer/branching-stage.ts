/**
 * What a function gives back of HTTP/1.1, sent on request by request: along the function's path or along a branch, by what each
 * request is like. A request that goes another way than the one before waits until all before it are answered, so that their
 * answers keep their order; it waits in the function's read buffer, which is not read meanwhile.
 */
import { HTTP1_EVENT } from "../codec/http1/http1-event.ts";
import { createHttp1Scanners, HTTP1_LIMITS, type Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { rewriteHead } from "../codec/http1/rewrite-head.ts";
import type { FunctionTimer } from "../meter/function-timer.ts";
import { Http1Meter } from "../meter/http1-meter.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import { type CopySink, toAll } from "../relay/copy-sink.ts";
import { letGo } from "../relay/let-go.ts";
import type { SocketGroup } from "../relay/socket-group.ts";
import type { BranchRoute } from "../route/route-table.ts";
import type { ChosenWay } from "./chosen-way.ts";
import type { MeshConnection, MeshDialFailure } from "./dial-mesh.ts";
import { observeAnswers } from "./observe-answers.ts";
import { type FlowCopies, followGroup } from "./open-copies.ts";

export interface BranchingStageOptions {
  /** The function's output. */
  readonly source: ByteSocket;
  readonly group: SocketGroup;
  readonly timer: FunctionTimer;
  readonly wayOf: (request: Http1Scanner) => ChosenWay;
  readonly open: (branch: BranchRoute | undefined) => Promise<OpenWay | MeshDialFailure>;
  /** Takes the answers of a connection, in the place of those of the one before. */
  readonly takeAnswers: (socket: ByteSocket, copies: FlowCopies) => void;
}

export interface OpenWay {
  readonly kind: "open";
  readonly next: MeshConnection;
  readonly copies: FlowCopies;
}

interface Way extends OpenWay {
  readonly branch: BranchRoute | undefined;
  readonly tap: CopySink | undefined;
}

export class BranchingStage {
  private readonly context: ProxyContext;
  private readonly options: BranchingStageOptions;
  private readonly scanners: ReturnType<typeof createHttp1Scanners>;
  private readonly meter: Http1Meter;
  private way: Way | undefined;
  /** Of the newest request. */
  private branch: BranchRoute | undefined;
  private held: { readonly bytes: Buffer; readonly from: number; readonly to: number } | undefined;
  /** The scanner has just found a head that is not passed on. */
  private isHeadHeld = false;
  private isOpening = false;

  constructor(context: ProxyContext, options: BranchingStageOptions) {
    this.context = context;
    this.options = options;
    const { clock, config } = context;
    this.scanners = createHttp1Scanners({ ...HTTP1_LIMITS, headBytesMax: config.headBytesMax });
    this.meter = new Http1Meter(clock, () => (this.way === undefined ? [] : [this.way.next.seriesFor("http")]));
    const { source } = options;
    source.onBytes = (bytes, from, to) => this.passOn(bytes, from, to);
    source.onEnd = () => this.end();
  }

  private passOn(bytes: Buffer, from: number, to: number): boolean {
    const { request } = this.scanners;
    let pieces: Buffer[] = [];
    for (let at = from; ; at = request.offset) {
      const event = request.next(bytes, at, to);
      if (event === HTTP1_EVENT.needMore) break;
      switch (event) {
        case HTTP1_EVENT.head: {
          this.options.timer.cameBack();
          this.meter.requestHead(request);
          const chosen = this.options.wayOf(request);
          if (chosen.kind === "none") {
            this.context.own.refuseConnection("function_misroutes");
            this.fail(chosen.reason);
            return false;
          }
          this.branch = chosen.branch;
          const head = this.headFor(this.way);
          if (head === undefined) {
            this.way?.next.socket.writeAll(pieces);
            pieces = [];
            this.held = { bytes, from: request.offset, to };
            this.isHeadHeld = true;
            this.changeWay();
            return false;
          }
          pieces.push(head);
          break;
        }
        case HTTP1_EVENT.body:
        case HTTP1_EVENT.tunnel:
          pieces.push(request.bytes.subarray(request.from, request.to));
          this.way?.tap?.copy(request.bytes, request.from, request.to);
          break;
        case HTTP1_EVENT.end:
          this.meter.requestEnd(request);
          break;
        case HTTP1_EVENT.held:
          this.way?.next.socket.writeAll(pieces);
          this.held = { bytes, from: request.offset, to };
          return false;
        default:
          this.fail(`function gave back what is no HTTP/1.1 request: ${request.reason}`);
          return false;
      }
    }
    const sink = this.way?.next.socket;
    if (sink === undefined || sink.writeAll(pieces)) return true;
    sink.resumeWhenFlushed(this.options.source);
    return false;
  }

  /** The head just found, if it goes this way. */
  private headFor(way: Way | undefined): Buffer | undefined {
    const { request } = this.scanners;
    if (way === undefined || this.branch !== way.branch) return undefined;
    if (way.tap !== undefined) {
      const stripped = rewriteHead(request);
      way.tap.copy(stripped, 0, stripped.length);
    }
    return rewriteHead(request, way.next.servicePath);
  }

  /** Once the requests before the one that is held are answered. */
  private changeWay(): void {
    const { request } = this.scanners;
    const { source, group, open } = this.options;
    if (this.isOpening || request.pendingRequestCount > 1) return;
    const socket = this.way?.next.socket;
    if (socket !== undefined && !socket.isFlushed) {
      socket.whenFlushed(() => this.changeWay());
      return;
    }
    this.leave();
    this.isOpening = true;
    const { branch } = this;
    void open(branch).then((result) => {
      this.isOpening = false;
      if (result.kind === "failed") {
        this.context.own.refuseConnection(result.by);
        this.fail(result.reason);
      } else if (group.isFailed || source.isClosed) result.next.socket.reset();
      else this.begin({ ...result, branch, tap: toAll(result.copies.request) });
    });
  }

  private begin(way: Way): void {
    const { group, takeAnswers } = this.options;
    const { next, copies } = way;
    this.way = way;
    observeAnswers(next.seriesFor("http"), next.socket, {
      seen: (bytes, from, to) => this.seeResponse(bytes, from, to),
      ended: () => this.seeResponseEnd(),
    });
    group.add(next.socket);
    followGroup(group, copies);
    takeAnswers(next.socket, copies);
    next.socket.resume();
    this.goOn();
  }

  /** Everything that was sent this way is answered. */
  private leave(): void {
    const { way } = this;
    if (way === undefined) return;
    this.way = undefined;
    const { socket } = way.next;
    socket.onBytes = () => true;
    socket.onEnd = () => {};
    for (const tap of [...way.copies.request, ...way.copies.response]) tap.end();
    const { clock, config } = this.context;
    letGo(socket, { clock, patienceMs: config.connectTimeoutMs }, () => socket.reset());
  }

  private goOn(): void {
    const { held, way } = this;
    if (held === undefined) return;
    if (this.isHeadHeld) {
      const head = this.headFor(way);
      if (head === undefined) {
        this.changeWay();
        return;
      }
      this.isHeadHeld = false;
      way?.next.socket.write(head, 0, head.length);
    }
    this.held = undefined;
    if (this.passOn(held.bytes, held.from, held.to)) this.options.source.resume();
  }

  /** Only follows: the bytes go back by another way, and are judged there. */
  private seeResponse(bytes: Buffer, from: number, to: number): void {
    const { response } = this.scanners;
    for (let at = from; ; at = response.offset) {
      const event = response.next(bytes, at, to);
      if (event === HTTP1_EVENT.end) this.meter.responseEnd(response);
      if (event === HTTP1_EVENT.needMore || event === HTTP1_EVENT.rejected || event === HTTP1_EVENT.held) break;
    }
    // Behind the answer, which is passed on by whoever sees these bytes next.
    if (this.held !== undefined) queueMicrotask(() => this.goOn());
  }

  private seeResponseEnd(): void {
    if (this.scanners.response.finish() === HTTP1_EVENT.end) this.meter.responseEnd(this.scanners.response);
  }

  private end(): void {
    if (this.way === undefined) this.options.group.end();
    this.way?.next.socket.end();
    this.way?.tap?.end();
  }

  private fail(reason: string): void {
    const { group, source } = this.options;
    group.reset();
    group.onFailed(new Error(reason), source);
  }
}
