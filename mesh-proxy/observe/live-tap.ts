/** Shows one person requests as they end: within limits, and never at the cost of the traffic. */
import type { Clock } from "../../core/ports/clock.ts";
import type { Observed } from "./observation.ts";
import { matchesTap, type TapFilter } from "./tap-filter.ts";

export interface LiveTapOptions {
  readonly filter: TapFilter;
  /** Lines, after which it is over. */
  readonly countMax: number;
  readonly perSecondMax: number;
  readonly durationMs: number;
  readonly clock: Clock;
  /** Takes a line; false when its reader has not read those before. */
  readonly write: (line: string) => boolean;
  readonly onOver: () => void;
}

export type TapEnd = "count" | "duration" | "stopped";

export class LiveTap {
  private readonly options: LiveTapOptions;
  private readonly cancelEnd: () => void;
  private shownCount = 0;
  private tooManyCount = 0;
  private unreadCount = 0;
  private second = 0;
  private countOfSecond = 0;
  private isReading = true;
  private isOver = false;

  constructor(options: LiveTapOptions) {
    this.options = options;
    this.cancelEnd = options.clock.after(options.durationMs, () => this.end("duration"));
  }

  /** @param line made only for those who see it */
  show(observed: Observed, line: () => string): void {
    const { filter, perSecondMax, countMax, clock, write } = this.options;
    if (this.isOver || !matchesTap(filter, observed)) return;
    const second = Math.floor(clock.nowMs() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.countOfSecond = 0;
    }
    if (!this.isReading) this.unreadCount++;
    else if (this.countOfSecond >= perSecondMax) this.tooManyCount++;
    else {
      this.countOfSecond++;
      this.isReading = write(line());
      if (++this.shownCount >= countMax) this.end("count");
    }
  }

  /** The reader has caught up. */
  drained(): void {
    this.isReading = true;
  }

  /** The last line says what there was. */
  end(why: TapEnd): void {
    if (this.isOver) return;
    this.isOver = true;
    this.cancelEnd();
    const { shownCount: shown, tooManyCount: overRate, unreadCount: unread } = this;
    this.options.write(`${JSON.stringify({ tap: { ended: why, shown, dropped: { overRate, unread } } })}\n`);
    this.options.onOver();
  }
}
