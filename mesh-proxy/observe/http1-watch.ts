/** The requests of one HTTP/1.1 connection that somebody wants to know of, until each has its response, in their order. */
import type { Http1Scanner } from "../codec/http1/http1-scanner.ts";
import type { RequestRecord, TrafficLabels } from "../meter/traffic-series.ts";
import type { FlowFacts, Observation } from "./observation.ts";
import type { Observer } from "./observer.ts";
import type { ResponseFlag } from "./response-flag.ts";

/** How a request ended that has no response from where it went. */
export interface Failure {
  readonly flag: ResponseFlag;
  readonly details: string;
}

export class Http1Watch {
  readonly facts: FlowFacts;
  /** Of the series that requests are recorded on now; undefined before there is one. */
  labels: TrafficLabels | undefined;

  private readonly observer: Observer;
  private readonly pending: Observation[] = [];

  constructor(observer: Observer, facts: FlowFacts, labels?: TrafficLabels) {
    this.observer = observer;
    this.facts = facts;
    this.labels = labels;
  }

  /** Call at the scanner's `head` event. */
  requestHead(request: Http1Scanner, nowMs: number): void {
    if (!this.observer.isWatching) return;
    const observation = this.observer.http1(this.facts, request, nowMs);
    if (observation !== undefined) this.pending.push(observation);
  }

  /** The request whose head was seen last, if it is watched. */
  newest({ sequence }: Http1Scanner): Observation | undefined {
    const newest = this.pending.at(-1);
    return newest?.sequence === sequence ? newest : undefined;
  }

  get oldest(): Observation | undefined {
    return this.pending[0];
  }

  responseEnd(sequence: number, record: RequestRecord): void {
    const [oldest] = this.pending;
    if (oldest?.sequence !== sequence) return;
    this.pending.shift();
    this.end(oldest, record);
  }

  /** The oldest request is over without a whole response, and those behind it. */
  fail({ flag, details }: Failure, record: RequestRecord, nowMs: number): void {
    const failed = this.pending.splice(0);
    for (const [index, observation] of failed.entries()) {
      observation.flag = flag;
      observation.details = details;
      const about = index === 0 ? record : { ...record, statusCode: 0, requestBytes: 0, responseBytes: 0 };
      this.end(observation, { ...about, durationMs: nowMs - observation.startMs });
    }
  }

  /** Something that cannot be read came in place of a request. */
  unread(failure: Failure, record: RequestRecord, nowMs: number): void {
    if (!this.observer.isWatching) return;
    const observation = this.observer.flow(this.facts, "HTTP/1.1", nowMs);
    if (observation === undefined) return;
    this.pending.push(observation);
    this.fail(failure, record, nowMs);
  }

  private end(observation: Observation, record: RequestRecord): void {
    const { statusCode, grpcStatus, durationMs, requestBytes, responseBytes } = record;
    const labels = this.labels ?? this.facts.labels("http");
    this.observer.end({ observation, labels, statusCode, grpcStatus, durationMs, requestBytes, responseBytes });
  }
}
