/** The request in hand, as its route has it treated: its time limits, its attempts, its copies. */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { HeaderLine } from "../../core/model/request-rule.ts";
import type { HeadChanges } from "../codec/http1/head-changes.ts";
import type { FieldChanges } from "../codec/http2/field-changes.ts";
import type { RequestRecorder } from "../meter/traffic-series.ts";
import type { ProxyContext } from "../proxy-context.ts";
import type { RequestCopy } from "../relay/copy-sink.ts";
import { endpointKey } from "../steer/breakers.ts";
import type { Leg } from "../steer/leg.ts";
import { type LegFailure, requestTimeout } from "./leg-failure.ts";
import type { RequestLegRoute } from "./request-route.ts";
import { fieldChangesWith, headChangesWith, type RequestSession } from "./request-session.ts";
import type { Treatment } from "./treatment.ts";

/** Longest wait between two attempts, ms. */
const BACKOFF_MS_MAX = 60_000;
const noTimer = (): void => {};

export interface TreatmentEvents {
  /** The request, or an attempt of it, has no time left. */
  timedOut(reason: string, failure: LegFailure): void;
  /** Its first attempt has had no answer for so long that another endpoint may get it, too. */
  wasSlow(): void;
}

export class TreatedRequest {
  /** Of the newest request, and of those before it that are not answered. */
  treatment: Treatment | undefined;
  /** Of the request that is being passed on. */
  copy: RequestCopy | undefined;
  /** Of the newest request whose turn it was. */
  requestNumber = 0;
  /** Endpoints that had their chance, by key. */
  readonly tried = new Set<string>();

  private readonly context: ProxyContext;
  private readonly events: TreatmentEvents;
  private session: RequestSession | undefined;
  /** What the answer tells of the session; null before that is known. */
  private line: HeaderLine | undefined | null = null;
  private repeatCount = 0;
  private isHedged = false;
  private attemptMs = 0;
  private isDelayed = false;
  private cancelRequest = noTimer;
  private cancelAttempt = noTimer;
  private cancelHedge = noTimer;

  constructor(context: ProxyContext, events: TreatmentEvents) {
    this.context = context;
    this.events = events;
  }

  /** While others are in flight: what is done to them is something else, or is done to one at a time only. */
  mustWait({ treatment }: RequestLegRoute): boolean {
    return treatment !== this.treatment || treatment?.isAlone === true;
  }

  /** It goes nowhere for so long; again while it waits is nothing. */
  delay(ms: number, onOver: () => void): false {
    if (this.isDelayed) return false;
    this.isDelayed = true;
    this.context.clock.after(ms, () => {
      this.isDelayed = false;
      onOver();
    });
    return false;
  }

  /** It is its turn. Again for the same request is nothing. */
  begin({ treatment, session }: Pick<RequestLegRoute, "treatment" | "session">, requestNumber: number): void {
    if (requestNumber === this.requestNumber) return;
    this.over();
    this.requestNumber = requestNumber;
    this.treatment = treatment;
    this.session = session;
    this.isHedged = false;
    if (this.tried.size > 0) this.tried.clear();
    if (treatment === undefined) return;
    treatment.budget?.requested(this.context.clock.nowMs());
    const { requestMs } = treatment.timeouts;
    if (requestMs !== undefined) this.cancelRequest = this.expire("request", requestMs);
  }

  /** It is sent to `leg`. */
  attempt({ endpoint }: Pick<Leg, "endpoint">): void {
    const { treatment, context } = this;
    if (treatment === undefined || !treatment.isAlone) return;
    if (endpoint !== undefined) this.tried.add(endpointKey(endpoint));
    this.attemptMs = context.clock.nowMs();
    this.line = null;
    this.cancelAttempt();
    const { attemptMs } = treatment.timeouts;
    if (attemptMs !== undefined) this.cancelAttempt = this.expire("attempt", attemptMs);
    this.cancelHedge();
    if (treatment.hedge !== undefined && this.repeatCount === 0 && !this.isHedged)
      this.cancelHedge = context.clock.after(treatment.hedge.afterMs, () => this.events.wasSlow());
  }

  /** To the heads of its answer, of HTTP/1.1, which comes from `endpoint`; the same until another attempt is made. */
  answerHead(endpoint: WeightedEndpoint | undefined): HeadChanges | undefined {
    const changes = this.treatment?.responseHead;
    const line = this.session && endpoint && this.sessionLine(this.session, endpoint);
    return line === undefined ? changes : headChangesWith(changes, line);
  }

  /** The same of HTTP/2. */
  answerFields(endpoint: WeightedEndpoint): FieldChanges | undefined {
    const changes = this.treatment?.responseFields;
    const line = this.session && this.sessionLine(this.session, endpoint);
    return line === undefined ? changes : fieldChangesWith(changes, line);
  }

  private sessionLine(session: RequestSession, endpoint: WeightedEndpoint): HeaderLine | undefined {
    if (this.line === null) this.line = session.lineFor(endpoint);
    return this.line;
  }

  /** The attempt came to an end, whatever it was. */
  attemptOver(): void {
    this.cancelAttempt();
    this.cancelAttempt = noTimer;
    this.cancelHedge();
    this.cancelHedge = noTimer;
  }

  /** Its response is whole. */
  answered(statusCode: number): void {
    if (this.isRetried) this.count(this.isFailure(statusCode) ? "exhausted" : "recovered");
    this.over();
  }

  /** No endpoint has answered it. */
  failed(): void {
    if (this.isRetried) this.count("exhausted");
    this.over();
  }

  /** Nothing more is to become of it. */
  over(): void {
    this.attemptOver();
    this.cancelRequest();
    this.cancelRequest = noTimer;
    this.repeatCount = 0;
  }

  private get isRetried(): boolean {
    return this.repeatCount > 0 && this.treatment?.retry !== undefined;
  }

  /** What cannot be answered any more is not copied on. */
  dropCopy(): void {
    this.copy?.drop();
    this.copy = undefined;
  }

  /** Whether an answer counts as none. */
  isFailure(statusCode: number): boolean {
    return this.treatment?.retry?.statusCodes.has(statusCode) ?? false;
  }

  /**
   * Takes leave to send it once more. Without a route's word that is once, where its connection broke off unanswered (RFC 9110,
   * section 9.2.2).
   * @param canRepeat whether it is safe to, and there to be sent
   */
  takeRepeat(canRepeat: boolean): boolean {
    const { treatment, context } = this;
    const retry = treatment?.retry;
    if (retry === undefined) return canRepeat && this.repeatCount++ === 0;
    if (!canRepeat) return this.refuseRepeat("not_repeatable");
    if (this.repeatCount >= retry.policy.retriesMax) return false;
    if (treatment?.budget?.take(context.clock.nowMs()) !== true) return this.refuseRepeat("over_budget");
    this.repeatCount++;
    this.count("sent");
    return true;
  }

  /** Takes leave to send it to a second endpoint, too, once. @param canRepeat see `takeRepeat` */
  takeHedge(canRepeat: boolean): boolean {
    const { treatment, context } = this;
    if (treatment === undefined || !canRepeat) return false;
    if (treatment.budget?.take(context.clock.nowMs()) !== true) return this.refuseRepeat("over_budget");
    this.isHedged = true;
    context.routeCounters.events.add(treatment.route, "hedged");
    return true;
  }

  /** The second endpoint carries it on. */
  overtaken(): void {
    if (this.treatment !== undefined) this.context.routeCounters.events.add(this.treatment.route, "overtaken");
  }

  /** How long the repeat that leave was taken for has to wait, ms: twice as long each time, and up to half as long again. */
  backoffMs(): number {
    const backoffMs = this.treatment?.retry?.policy.backoffMs ?? 0;
    const doubled = Math.min(backoffMs * 2 ** (this.repeatCount - 1), BACKOFF_MS_MAX);
    return Math.round(doubled * (1 + this.context.random() / 2));
  }

  /** An attempt whose answer is not passed on. */
  record(series: readonly RequestRecorder[], statusCode: number): void {
    const durationMs = this.context.clock.nowMs() - this.attemptMs;
    for (const each of series)
      each.record({ statusCode, grpcStatus: -1, durationMs, requestBytes: 0, responseBytes: 0 });
  }

  private refuseRepeat(outcome: "not_repeatable" | "over_budget"): false {
    this.count(outcome);
    return false;
  }

  private count(outcome: "sent" | "recovered" | "exhausted" | "over_budget" | "not_repeatable"): void {
    if (this.treatment !== undefined) this.context.routeCounters.retries.add(this.treatment.route, outcome);
  }

  private expire(scope: "request" | "attempt", ms: number): () => void {
    return this.context.clock.after(ms, () => {
      const { treatment } = this;
      if (treatment !== undefined) this.context.routeCounters.events.add(treatment.route, `${scope}_timeout`);
      const what = scope === "request" ? "no whole response" : "no whole response from an endpoint";
      this.events.timedOut(
        `${what} within ${ms} ms`,
        requestTimeout(scope === "attempt" && treatment?.retry !== undefined),
      );
    });
  }
}
