/** How long endpoints take to begin an answer, and what part of its traffic a slow one keeps. */
import { median } from "./median.ts";

/** Groups and endpoints beyond these make room, oldest first. */
const GROUPS_MAX = 256;
const ENDPOINTS_MAX = 256;
/** An answer's part in the moving average. */
const ALPHA = 0.1;
/** Fewer answers than this say nothing. */
const COUNT_MIN = 10;
/** Slower than the others by less than this factor is no slower. */
const TOLERANCE = 2;
/** What was not heard of for so long is as good as new. */
const STALE_MS = 30_000;
/** Parts are worked out anew this often at most. */
const REFRESH_MS = 250;

interface Entry {
  averageMs: number;
  count: number;
  lastMs: number;
}

interface Group {
  readonly entries: Map<string, Entry>;
  parts: ReadonlyMap<string, number>;
  computedAtMs: number;
}

export class ResponseTimes {
  private readonly partMin: number;
  private readonly groups = new Map<string, Group>();

  /** @param partMin in (0, 1]: no endpoint loses more, so that it is heard of when it gets better; 1 turns all of this off */
  constructor(partMin: number) {
    this.partMin = partMin;
  }

  get isOff(): boolean {
    return this.partMin >= 1;
  }

  /** @param group endpoints that do the same, which alone can be compared */
  observe(group: string, endpoint: string, firstByteMs: number, nowMs: number): void {
    if (this.isOff) return;
    const { entries } = this.groupOf(group);
    const known = entries.get(endpoint);
    const entry =
      known === undefined || isStale(known, nowMs) ? { averageMs: firstByteMs, count: 0, lastMs: 0 } : known;
    entry.averageMs += ALPHA * (firstByteMs - entry.averageMs);
    entry.count++;
    entry.lastMs = nowMs;
    entries.delete(endpoint);
    entries.set(endpoint, entry);
    dropOldest(entries, ENDPOINTS_MAX);
  }

  /**
   * Which part of its weight an endpoint keeps, in [partMin, 1]: TOLERANCE * m / a of what averages `a` where the median of
   * the others' averages is `m`. Amortised O(endpoints of the group squared) every {@link REFRESH_MS}.
   */
  partOf(group: string, endpoint: string, nowMs: number): number {
    const known = this.groups.get(group);
    if (known === undefined || this.isOff) return 1;
    if (nowMs - known.computedAtMs >= REFRESH_MS) {
      known.parts = this.partsOf(known, nowMs);
      known.computedAtMs = nowMs;
    }
    return known.parts.get(endpoint) ?? 1;
  }

  private partsOf({ entries }: Group, nowMs: number): ReadonlyMap<string, number> {
    const heard = [...entries].filter(([, entry]) => entry.count >= COUNT_MIN && !isStale(entry, nowMs));
    return new Map(
      heard.map(([endpoint, { averageMs }]) => {
        const others = heard.filter(([other]) => other !== endpoint).map(([, entry]) => entry.averageMs);
        const toleratedMs = TOLERANCE * median(others);
        // Also where all take no time that the clock can tell.
        if (others.length === 0 || averageMs <= toleratedMs) return [endpoint, 1];
        return [endpoint, Math.max(this.partMin, toleratedMs / averageMs)];
      }),
    );
  }

  private groupOf(name: string): Group {
    const group = this.groups.get(name) ?? { entries: new Map(), parts: new Map(), computedAtMs: -REFRESH_MS };
    this.groups.delete(name);
    this.groups.set(name, group);
    dropOldest(this.groups, GROUPS_MAX);
    return group;
  }
}

function isStale({ lastMs }: Entry, nowMs: number): boolean {
  return nowMs - lastMs > STALE_MS;
}

function dropOldest(map: Map<string, unknown>, sizeMax: number): void {
  const [oldest] = map.keys();
  if (map.size > sizeMax && oldest !== undefined) map.delete(oldest);
}
