/** What this proxy has under way at each endpoint, and how long its answers take of late. */

/** Endpoints that nothing is under way at make room beyond these, oldest first. */
const ENDPOINTS_MAX = 1024;
/** A peak is forgotten by half in about 7 s. */
const TAU_MS = 10_000;
/** Of an endpoint that has not answered yet, while something is under way there. */
const UNKNOWN_MS = 1000;

interface Entry {
  activeCount: number;
  peakMs: number;
  atMs: number;
}

export class EndpointLoads {
  private readonly nowMs: () => number;
  /** By the endpoint's key. */
  private readonly entries = new Map<string, Entry>();

  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  began(key: string): void {
    this.entryOf(key).activeCount++;
  }

  /** Once for each `began`. */
  ended(key: string): void {
    const entry = this.entries.get(key);
    if (entry !== undefined && entry.activeCount > 0) entry.activeCount--;
  }

  /** A longer time counts at once, shorter ones bit by bit (peak EWMA, as in Twitter's Finagle). */
  answered(key: string, ms: number): void {
    const entry = this.entryOf(key);
    const nowMs = this.nowMs();
    const kept = keptOf(entry, nowMs);
    entry.peakMs = ms > entry.peakMs * kept ? ms : entry.peakMs * kept + ms * (1 - kept);
    entry.atMs = nowMs;
  }

  activeAt(key: string): number {
    return this.entries.get(key)?.activeCount ?? 0;
  }

  /** What one more is to expect: the peak, for each that is under way and for itself; 0 of an endpoint that nobody has tried. */
  expectedMsAt(key: string): number {
    const entry = this.entries.get(key);
    if (entry === undefined) return 0;
    const { activeCount, peakMs } = entry;
    if (peakMs === 0) return activeCount * UNKNOWN_MS;
    return peakMs * keptOf(entry, this.nowMs()) * (activeCount + 1);
  }

  private entryOf(key: string): Entry {
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const entry = { activeCount: 0, peakMs: 0, atMs: 0 };
    this.entries.set(key, entry);
    if (this.entries.size > ENDPOINTS_MAX) this.dropOldestAtRest();
    return entry;
  }

  private dropOldestAtRest(): void {
    for (const [key, { activeCount }] of this.entries) {
      if (activeCount > 0) continue;
      this.entries.delete(key);
      return;
    }
  }
}

function keptOf({ atMs }: Entry, nowMs: number): number {
  return Math.exp(-Math.max(0, nowMs - atMs) / TAU_MS);
}
