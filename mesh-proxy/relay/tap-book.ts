/** The copies that a proxy sends to taps, and how much it keeps for those that take less than comes: of each, and of all together. */
import type { Tap } from "./tap.ts";

export interface TapLimits {
  /** Copies at a time. */
  readonly copiesMax: number;
  /** What is kept of one copy, bytes. */
  readonly copyBytesMax: number;
  /** What is kept of all, bytes. */
  readonly bytesMax: number;
}

export class TapBook {
  /** What is kept of all now. */
  byteCount = 0;

  private readonly limits: TapLimits;
  private readonly taps = new Set<Tap>();

  constructor(limits: TapLimits) {
    this.limits = limits;
  }

  get isFull(): boolean {
    return this.taps.size >= this.limits.copiesMax;
  }

  add(tap: Tap): void {
    this.taps.add(tap);
  }

  delete(tap: Tap): void {
    this.taps.delete(tap);
  }

  /** For `byteCount` more of a copy of which `queuedByteCount` are kept. One that keeps nothing takes a read of any size. */
  hasRoom(queuedByteCount: number, byteCount: number): boolean {
    const { copyBytesMax, bytesMax } = this.limits;
    const isWithin = queuedByteCount === 0 || queuedByteCount + byteCount <= copyBytesMax;
    return isWithin && this.byteCount + byteCount <= bytesMax;
  }

  cut(): void {
    for (const tap of this.taps) tap.cut();
  }
}
