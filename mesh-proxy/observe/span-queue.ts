/** Spans on their way to a collector: in batches, one after the other, tried again while the collector says later. */
import type { Clock } from "../../core/ports/clock.ts";

/** What became of one batch. */
export type PostResult =
  | { readonly kind: "taken"; readonly rejectedCount: number }
  /** For good: the same again would be refused again. */
  | { readonly kind: "refused"; readonly reason: string }
  /** @param afterMs the collector's own word */
  | { readonly kind: "later"; readonly reason: string; readonly afterMs: number | undefined };

export interface SpanQueueOptions {
  readonly clock: Clock;
  readonly random: () => number;
  /** Spans that wait; more are dropped. */
  readonly spansMax: number;
  /** @param spans encoded */
  readonly post: (spans: readonly string[], signal: AbortSignal) => Promise<PostResult>;
  readonly onProblem: (reason: string) => void;
}

export type SpanLoss = "queue_full" | "refused" | "unreachable" | "shutdown";

const BATCH_SPANS_MAX = 512;
const BATCH_DELAY_MS = 1000;
const ATTEMPTS_MAX = 6;
const RETRY_DELAY_MS_FIRST = 500;
const RETRY_DELAY_MS_MAX = 30_000;

export class SpanQueue {
  sentCount = 0;
  readonly lost = new Map<SpanLoss, number>();

  private readonly options: SpanQueueOptions;
  private readonly stopping = new AbortController();
  private waiting: string[] = [];
  private sendingCount = 0;
  private cancelWait: (() => void) | undefined;
  private isSending = false;
  private isClosing = false;
  private onIdle: () => void = () => {};
  /** Ends the wait before the next attempt. */
  private hurry: () => void = () => {};

  constructor(options: SpanQueueOptions) {
    this.options = options;
  }

  add(span: string): void {
    if (this.isClosing || this.waiting.length + this.sendingCount >= this.options.spansMax) {
      this.lose(this.isClosing ? "shutdown" : "queue_full", 1);
      return;
    }
    this.waiting.push(span);
    if (this.isSending) return;
    if (this.waiting.length >= BATCH_SPANS_MAX) void this.send();
    else this.cancelWait ??= this.options.clock.after(BATCH_DELAY_MS, () => void this.send());
  }

  /** Sends what waits, for at most `timeoutMs`. */
  async close(timeoutMs: number): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    const idle = Promise.withResolvers<void>();
    this.onIdle = idle.resolve;
    const cancel = this.options.clock.after(timeoutMs, () => this.stopping.abort());
    this.hurry();
    if (!this.isSending) void this.send();
    await idle.promise;
    cancel();
  }

  private async send(): Promise<void> {
    this.isSending = true;
    this.cancelWait?.();
    this.cancelWait = undefined;
    while (this.waiting.length > 0 && !this.stopping.signal.aborted) {
      const batch = this.waiting.splice(0, BATCH_SPANS_MAX);
      this.sendingCount = batch.length;
      await this.sendBatch(batch);
      this.sendingCount = 0;
      // What came meanwhile waits to become a batch.
      if (!this.isClosing && this.waiting.length < BATCH_SPANS_MAX) break;
    }
    this.isSending = false;
    if (this.isClosing) {
      this.lose("shutdown", this.waiting.length);
      this.waiting = [];
      this.onIdle();
    } else if (this.waiting.length > 0) {
      this.cancelWait = this.options.clock.after(BATCH_DELAY_MS, () => void this.send());
    }
  }

  private async sendBatch(batch: readonly string[]): Promise<void> {
    const { post, onProblem, random } = this.options;
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const result = await post(batch, this.stopping.signal);
      if (result.kind === "taken") {
        const rejectedCount = Math.min(batch.length, result.rejectedCount);
        this.sentCount += batch.length - rejectedCount;
        return this.lose("refused", rejectedCount);
      }
      onProblem(result.reason);
      if (result.kind === "refused") return this.lose("refused", batch.length);
      if (this.stopping.signal.aborted) return this.lose("shutdown", batch.length);
      const backoffMs = RETRY_DELAY_MS_FIRST * 2 ** attempt * (0.5 + 0.5 * random());
      await this.wait(Math.min(RETRY_DELAY_MS_MAX, Math.max(result.afterMs ?? 0, backoffMs)));
      if (this.stopping.signal.aborted) return this.lose("shutdown", batch.length);
    }
    this.lose("unreachable", batch.length);
  }

  /** Shorter at shutdown, when a try is worth more than manners. */
  private wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        cancel();
        this.stopping.signal.removeEventListener("abort", done);
        this.hurry = () => {};
        resolve();
      };
      const cancel = this.options.clock.after(this.isClosing ? Math.min(delayMs, RETRY_DELAY_MS_FIRST) : delayMs, done);
      this.stopping.signal.addEventListener("abort", done, { once: true });
      this.hurry = done;
    });
  }

  private lose(why: SpanLoss, count: number): void {
    if (count > 0) this.lost.set(why, (this.lost.get(why) ?? 0) + count);
  }
}
