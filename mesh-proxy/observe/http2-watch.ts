/** The requests of one HTTP/2 connection that passes as it comes, as far as somebody wants to know of them. */
import type { HeaderFields } from "../codec/http2/header-fields.ts";
import type { RequestRecord, TrafficLabels } from "../meter/traffic-series.ts";
import type { FlowFacts, Observation } from "./observation.ts";
import type { Observer } from "./observer.ts";
import type { ResponseFlag } from "./response-flag.ts";

export class Http2Watch {
  private readonly observer: Observer;
  private readonly facts: FlowFacts;
  private readonly labels: TrafficLabels;
  private readonly bySlot: (Observation | undefined)[] = [];

  constructor(observer: Observer, facts: FlowFacts, labels: TrafficLabels) {
    this.observer = observer;
    this.facts = facts;
    this.labels = labels;
  }

  get isWatching(): boolean {
    return this.observer.isWatching;
  }

  /** @param slot the stream's own while it is open */
  began(slot: number, fields: HeaderFields | undefined, nowMs: number): void {
    if (fields === undefined && this.bySlot.length === 0) return;
    this.bySlot[slot] = fields && this.observer.http2(this.facts, fields, nowMs);
  }

  ended(slot: number, record: RequestRecord, flag: ResponseFlag): void {
    const observation = this.bySlot[slot];
    if (observation === undefined) return;
    this.bySlot[slot] = undefined;
    observation.flag = flag;
    const { statusCode, grpcStatus, durationMs, requestBytes, responseBytes } = record;
    const { labels } = this;
    this.observer.end({ observation, labels, statusCode, grpcStatus, durationMs, requestBytes, responseBytes });
  }
}
