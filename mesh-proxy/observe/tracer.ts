/** Which requests are traced, and as which span of this proxy (W3C Trace Context, level 2). */
import { randomBytes } from "node:crypto";
import type { TraceLines } from "../codec/http1/rewrite-head.ts";
import { formatTraceparent, TRACE_FLAG, type TraceContext } from "../codec/trace-context.ts";

export interface OpenSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined where the trace begins. */
  readonly parentId: string | undefined;
  readonly flags: number;
  /** As the request says it further on; undefined without any, or where it is malformed. */
  readonly tracestate: string | undefined;
  /** What goes on with the request, where it can be changed. */
  readonly lines: TraceLines;
}

/** How many ids are drawn at once. */
const RANDOM_BYTES = 4096;

export class Tracer {
  private readonly share: number;
  private readonly random: () => number;
  private bytes: Buffer = Buffer.alloc(0);
  private at = 0;

  /** @param share of requests that come without a trace which begin one */
  constructor(share: number, random: () => number) {
    this.share = share;
    this.random = random;
  }

  /**
   * @param parent undefined where the request has none, or a malformed one
   * @param isFirst whether no proxy has seen the request before
   */
  isSampled(parent: TraceContext | undefined, isFirst: boolean): boolean {
    if (parent !== undefined) return (parent.flags & TRACE_FLAG.sampled) !== 0;
    return isFirst && this.share > 0 && this.random() < this.share;
  }

  /** The span of a request that is sampled. @param tracestate of its parent */
  begin(parent: TraceContext | undefined, tracestate: string | undefined): OpenSpan {
    return parent === undefined ? this.root() : this.child(parent, tracestate);
  }

  private child({ traceId, parentId, flags }: TraceContext, tracestate: string | undefined): OpenSpan {
    const spanId = this.hex(8);
    const traceparent = formatTraceparent({ traceId, parentId: spanId, flags });
    return { traceId, spanId, parentId, flags, tracestate, lines: { traceparent, dropsTracestate: false } };
  }

  private root(): OpenSpan {
    const [traceId, spanId] = [this.hex(16), this.hex(8)];
    const flags = TRACE_FLAG.sampled | TRACE_FLAG.randomTraceId;
    const traceparent = formatTraceparent({ traceId, parentId: spanId, flags });
    const lines = { traceparent, dropsTracestate: true };
    return { traceId, spanId, parentId: undefined, flags, tracestate: undefined, lines };
  }

  /** All zero, which is no id, comes once in 2^64. */
  private hex(byteCount: number): string {
    if (this.at + byteCount > this.bytes.length) {
      this.bytes = randomBytes(RANDOM_BYTES);
      this.at = 0;
    }
    this.at += byteCount;
    return this.bytes.toString("hex", this.at - byteCount, this.at);
  }
}
