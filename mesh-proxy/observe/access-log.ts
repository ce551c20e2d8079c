/** Which requests, connections and sessions get a line, and when it is made. */
import type { Clock } from "../../core/ports/clock.ts";
import { chanceOf } from "../codec/trace-context.ts";
import type { ProxyConfig } from "../proxy-config.ts";
import { AccessLines, saidOf } from "./access-line.ts";
import { LineFile } from "./line-file.ts";
import type { Observed, SaidFacts } from "./observation.ts";

/**
 * Lines are made many at a time: one alone, between the work on sockets, finds neither its code nor its memory in the processor's caches,
 * and costs several times as much.
 */
const TOGETHER_MAX = 64;
const TOGETHER_DELAY_MS = 50;

export class AccessLog {
  lineCount = 0;
  droppedCount = 0;
  /** Whether what goes wrong gets a line whatever the share is. */
  readonly takesErrors: boolean;

  private readonly share: number;
  private readonly random: () => number;
  private readonly file: LineFile;
  private readonly clock: Clock;
  private readonly lines = new AccessLines();
  /** Of the facts what holds now, as the next request may be led elsewhere. */
  private readonly waiting: { readonly observed: Observed; readonly said: SaidFacts }[] = [];
  private cancelWait: (() => void) | undefined;

  /** @throws WeftError config-invalid */
  constructor(
    path: string,
    config: ProxyConfig,
    { clock, random }: { readonly clock: Clock; readonly random: () => number },
  ) {
    this.share = config.accessLogShare;
    this.takesErrors = config.accessLogErrors;
    this.random = random;
    this.clock = clock;
    const onDropped = (lineCount: number) => {
      this.droppedCount += lineCount;
    };
    this.file = new LineFile({ path, bytesMax: config.accessLogQueueBytes, clock, onDropped });
  }

  /** Of a trace all proxies take all requests, or none, where their shares are the same. */
  takes(traceId: string | undefined): boolean {
    if (this.share >= 1) return true;
    return (traceId === undefined ? this.random() : chanceOf(traceId)) < this.share;
  }

  append(observed: Observed): void {
    this.lineCount++;
    this.waiting.push({ observed, said: saidOf(observed.observation.facts) });
    if (this.waiting.length >= TOGETHER_MAX) this.makeLines();
    else this.cancelWait ??= this.clock.after(TOGETHER_DELAY_MS, () => this.makeLines());
  }

  close(timeoutMs: number): Promise<void> {
    this.makeLines();
    return this.file.close(timeoutMs);
  }

  private makeLines(): void {
    this.cancelWait?.();
    this.cancelWait = undefined;
    for (const { observed, said } of this.waiting) this.file.append(this.lines.make(observed, said));
    this.waiting.length = 0;
  }
}
