/**
 * The one place that requests, connections and UDP sessions are told to when they begin and when they are over, for whoever wants to know of
 * them: the access log, the trace, those who tap. While nobody does, asking `isWatching` is all it costs.
 */
import type { MeshPeer } from "../../core/model/mesh-snapshot.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import { tracestatesOf } from "../codec/http1/rewrite-head.ts";
import type { HeaderFields } from "../codec/http2/header-fields.ts";
import { parseTraceparent, parseTracestate, type TraceContext } from "../codec/trace-context.ts";
import type { ProxyConfig } from "../proxy-config.ts";
import { AccessLines, saidOf, textOf } from "./access-line.ts";
import { AccessLog } from "./access-log.ts";
import { LiveTap, type LiveTapOptions } from "./live-tap.ts";
import { type FlowFacts, isError, type Observation, type Observed, type ObservedProtocol } from "./observation.ts";
import { encodeSpan, encodeSpans } from "./otlp-spans.ts";
import { Http1RequestText, Http2RequestText } from "./request-text.ts";
import { type PostResult, SpanQueue } from "./span-queue.ts";
import { type OpenSpan, Tracer } from "./tracer.ts";

export interface ObserverDeps {
  readonly clock: Clock;
  readonly log: Log;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Undefined before the first snapshot. */
  readonly self: () => MeshPeer | undefined;
  /** Sends spans in OTLP's JSON. */
  readonly post: (url: string, body: string, signal: AbortSignal) => Promise<PostResult>;
}

/** Taps at a time; everybody is told, so that few must be enough. */
const TAPS_MAX = 4;

export class Observer {
  /** Whether there is anybody to tell. */
  isWatching: boolean;
  readonly accessLog: AccessLog | undefined;
  readonly spans: SpanQueue | undefined;

  private readonly lines = new AccessLines();
  private readonly tracer: Tracer | undefined;
  private readonly taps = new Set<LiveTap>();

  /** @throws WeftError config-invalid */
  constructor(config: ProxyConfig, deps: ObserverDeps) {
    const { accessLogFile, traceUrl } = config;
    if (accessLogFile !== undefined) this.accessLog = new AccessLog(accessLogFile, config, deps);
    if (traceUrl !== undefined) {
      this.tracer = new Tracer(config.traceShare, deps.random);
      this.spans = createSpanQueue(traceUrl, config, deps);
    }
    this.isWatching = this.isConfigured;
  }

  /** Call at the scanner's `head` event. @returns undefined where nobody wants to know */
  http1(facts: FlowFacts, request: Http1Scanner, startMs: number): Observation | undefined {
    const parent = parentOf(request);
    const span = this.isTraced(facts, parent) ? this.tracer?.begin(parent, stateOf(tracestatesOf(request))) : undefined;
    const isLogged = this.isLogged(parent, span);
    if (!isLogged && !this.isWanted(span)) return undefined;
    const text = new Http1RequestText(request);
    const { sequence } = request;
    return observationOf(facts, { protocol: "HTTP/1.1", startMs, text, parent, span, isLogged, sequence });
  }

  /** As `http1`. */
  http2(facts: FlowFacts, fields: HeaderFields, startMs: number): Observation | undefined {
    const said = fields.only("traceparent");
    const parent = said === undefined ? undefined : parseTraceparent(said);
    const span = this.isTraced(facts, parent)
      ? this.tracer?.begin(parent, stateOf(fields.all("tracestate")))
      : undefined;
    const isLogged = this.isLogged(parent, span);
    if (!isLogged && !this.isWanted(span)) return undefined;
    const text = new Http2RequestText(fields);
    return observationOf(facts, { protocol: "HTTP/2", startMs, text, parent, span, isLogged, sequence: 0 });
  }

  /** A connection or session, or a request of which nothing can be said. */
  flow(facts: FlowFacts, protocol: ObservedProtocol, startMs: number): Observation | undefined {
    const isLogged = this.isLogged(undefined, undefined);
    if (!isLogged && !this.isWanted(undefined)) return undefined;
    const [text, parent, span] = [undefined, undefined, undefined];
    return observationOf(facts, { protocol, startMs, text, parent, span, isLogged, sequence: 0 });
  }

  end(observed: Observed): void {
    const { span, isLogged } = observed.observation;
    const { accessLog, spans } = this;
    if (span !== undefined) spans?.add(encodeSpan(span, observed));
    if (accessLog !== undefined && (isLogged || (accessLog.takesErrors && isError(observed))))
      accessLog.append(observed);
    if (this.taps.size === 0) return;
    for (const tap of this.taps)
      tap.show(observed, () => textOf(this.lines.make(observed, saidOf(observed.observation.facts))));
  }

  /** @returns undefined when there are as many already as there may be */
  openTap(options: LiveTapOptions): LiveTap | undefined {
    if (this.taps.size >= TAPS_MAX) return undefined;
    const onOver = () => {
      this.taps.delete(tap);
      this.isWatching = this.isConfigured || this.taps.size > 0;
      options.onOver();
    };
    const tap = new LiveTap({ ...options, onOver });
    this.taps.add(tap);
    this.isWatching = true;
    return tap;
  }

  get tapCount(): number {
    return this.taps.size;
  }

  /** Ends taps, and writes and sends what waits, for at most `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    for (const tap of [...this.taps]) tap.end("stopped");
    await Promise.all([this.accessLog?.close(timeoutMs), this.spans?.close(timeoutMs)]);
  }

  private get isConfigured(): boolean {
    return this.accessLog !== undefined || this.tracer !== undefined;
  }

  private isTraced({ side }: FlowFacts, parent: TraceContext | undefined): boolean {
    return this.tracer?.isSampled(parent, side === "source") === true;
  }

  private isLogged(parent: TraceContext | undefined, span: OpenSpan | undefined): boolean {
    return this.accessLog?.takes(span?.traceId ?? parent?.traceId) === true;
  }

  /** What is not logged for sure may be a failure yet. */
  private isWanted(span: OpenSpan | undefined): boolean {
    return span !== undefined || this.accessLog?.takesErrors === true || this.taps.size > 0;
  }
}

function parentOf({ bytes, from, head }: Http1Scanner): TraceContext | undefined {
  const { traceparentStart, traceparentEnd } = head.fields;
  if (traceparentStart < 0) return undefined;
  return parseTraceparent(bytes.toString("latin1", from + traceparentStart, from + traceparentEnd));
}

function stateOf(values: readonly string[]): string | undefined {
  return parseTracestate(values) || undefined;
}

type Known = Omit<Observation, "facts" | "traceId" | "policy" | "details" | "flag"> & {
  readonly parent: TraceContext | undefined;
};

function observationOf(facts: FlowFacts, known: Known): Observation {
  const { protocol, startMs, text, parent, span, isLogged, sequence } = known;
  return {
    protocol,
    facts,
    startMs,
    text,
    traceId: span?.traceId ?? parent?.traceId,
    span,
    isLogged,
    sequence,
    policy: facts.policy,
    details: "",
    flag: "",
  };
}

function createSpanQueue(url: string, { traceQueueMax }: ProxyConfig, deps: ObserverDeps): SpanQueue {
  let problem = "";
  return new SpanQueue({
    ...deps,
    spansMax: traceQueueMax,
    post: async (spans, signal) => {
      const self = deps.self();
      if (self === undefined) return { kind: "later", reason: "there is no snapshot yet", afterMs: undefined };
      const result = await deps.post(url, encodeSpans(spans, self), signal);
      if (result.kind === "taken") problem = "";
      return result;
    },
    onProblem: (reason) => {
      // Once, and not for each batch while it lasts.
      if (reason !== problem) deps.log.warn("spans do not reach the collector", { reason });
      problem = reason;
    },
  });
}
