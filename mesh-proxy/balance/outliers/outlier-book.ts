/**
 * Keeps what endpoints answer in windows, and passes over those that a detector names: for `baseEjectionMs` times how often that has
 * happened of late, up to `maxEjectionMs`. Each window without an ejection takes one off that count (Envoy, outlier detection).
 */
import type { OutlierDetection } from "../../../core/model/traffic-policy.ts";
import { createDetectors } from "./create-detectors.ts";
import { type AnswerWindow, type DetectorName, detectorNames, type OutlierDetector } from "./outlier-detector.ts";

export interface Outcome {
  /** 5xx, a gRPC status like it, or no answer at all. */
  readonly isFailure: boolean;
  /** 502, 503, 504 or no answer. */
  readonly isGatewayError: boolean;
  /** How long the answer took; undefined where that says nothing of the endpoint. */
  readonly durationMs?: number | undefined;
}

interface Entry extends Omit<AnswerWindow, "meanMs"> {
  answerCount: number;
  failureCount: number;
  failuresInRow: number;
  gatewayErrorsInRow: number;
  timedCount: number;
  timedMs: number;
  /** Of late. */
  ejectionCount: number;
  /** 0 before the first. */
  untilMs: number;
}

export class OutlierBook {
  /** Since the start, by detector. */
  readonly ejections = new Map<DetectorName, number>(detectorNames.map((name) => [name, 0]));

  private config: OutlierDetection;
  private detectors: readonly OutlierDetector[];
  private immediate: readonly OutlierDetector[];
  /** By the endpoint's key: those that the Service has. */
  private entries = new Map<string, Entry>();

  constructor(config: OutlierDetection) {
    this.config = config;
    this.detectors = createDetectors(config);
    this.immediate = immediateOf(this.detectors);
  }

  /** What is known of endpoints that stay is kept. */
  update(config: OutlierDetection, keys: Iterable<string>): void {
    this.config = config;
    this.detectors = createDetectors(config);
    this.immediate = immediateOf(this.detectors);
    this.entries = new Map(Array.from(keys, (key) => [key, this.entries.get(key) ?? emptyEntry(key)]));
  }

  /** O(1), and where it is a failure and rows of them count, O(detectors). Of an endpoint that is not there it says nothing. */
  observe(key: string, { isFailure, isGatewayError, durationMs }: Outcome, nowMs: number): void {
    const entry = this.entries.get(key);
    // Late answers of what was sent before say nothing of how it will be.
    if (entry === undefined || entry.untilMs > nowMs) return;
    entry.answerCount++;
    if (!isFailure) {
      entry.failuresInRow = 0;
      entry.gatewayErrorsInRow = 0;
      if (durationMs === undefined) return;
      entry.timedCount++;
      entry.timedMs += durationMs;
      return;
    }
    entry.failureCount++;
    entry.failuresInRow++;
    entry.gatewayErrorsInRow = isGatewayError ? entry.gatewayErrorsInRow + 1 : 0;
    this.judge(this.immediate, [entry], nowMs);
  }

  /** Call once each interval: judges all windows, and begins new ones. */
  look(nowMs: number): void {
    const judged = [...this.entries.values()].filter(({ untilMs }) => untilMs <= nowMs);
    this.judge(this.detectors, judged, nowMs);
    for (const entry of judged) {
      if (entry.untilMs <= nowMs && entry.ejectionCount > 0) entry.ejectionCount--;
      Object.assign(entry, { answerCount: 0, failureCount: 0, timedCount: 0, timedMs: 0 });
    }
  }

  isEjected(key: string, nowMs: number): boolean {
    return (this.entries.get(key)?.untilMs ?? 0) > nowMs;
  }

  /** When its last ejection ends or ended; 0 without one. */
  ejectedUntilMs(key: string): number {
    return this.entries.get(key)?.untilMs ?? 0;
  }

  /** O(endpoints). */
  ejectedCount(nowMs: number): number {
    let count = 0;
    for (const { untilMs } of this.entries.values()) if (untilMs > nowMs) count++;
    return count;
  }

  private judge(detectors: readonly OutlierDetector[], entries: readonly Entry[], nowMs: number): void {
    for (const detector of detectors) {
      for (const key of detector.outliers(entries.map(windowOf))) {
        const entry = this.entries.get(key);
        if (entry === undefined || entry.untilMs > nowMs || !this.hasRoomToEject(nowMs)) continue;
        this.eject(entry, nowMs);
        this.ejections.set(detector.name, (this.ejections.get(detector.name) ?? 0) + 1);
      }
    }
  }

  /** One may always be, and one must stay. */
  private hasRoomToEject(nowMs: number): boolean {
    const { size } = this.entries;
    const ejectedMax = Math.max(1, Math.floor((size * this.config.maxEjectionPercent) / 100));
    return this.ejectedCount(nowMs) < Math.min(ejectedMax, size - 1);
  }

  private eject(entry: Entry, nowMs: number): void {
    const { baseEjectionMs, maxEjectionMs } = this.config;
    entry.ejectionCount++;
    entry.untilMs = nowMs + Math.min(baseEjectionMs * entry.ejectionCount, maxEjectionMs);
    Object.assign(entry, { failuresInRow: 0, gatewayErrorsInRow: 0 });
  }
}

/** Those that need no others to compare with. */
function immediateOf(detectors: readonly OutlierDetector[]): readonly OutlierDetector[] {
  return detectors.filter(({ name }) => name === "consecutive-5xx" || name === "consecutive-gateway-errors");
}

function windowOf({ timedCount, timedMs, ...entry }: Entry): AnswerWindow {
  return { ...entry, meanMs: timedCount === 0 ? undefined : timedMs / timedCount };
}

function emptyEntry(key: string): Entry {
  return {
    ...{ key, answerCount: 0, failureCount: 0, failuresInRow: 0, gatewayErrorsInRow: 0 },
    ...{ timedCount: 0, timedMs: 0, ejectionCount: 0, untilMs: 0 },
  };
}
