/** How long endpoints take to begin an answer, and what part of its traffic a slow one keeps. */
import { median } from "./median.ts";

/** Groups and endpoints beyond these make room, first those that were not heard of for the longest time. */
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
  lastMs: number;
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
    const known = this.groupOf(group);
    known.lastMs = nowMs;
    const entry = entryOf(known, endpoint);
    if (isStale(entry, nowMs)) {
      entry.averageMs = firstByteMs;
      entry.count = 0;
    }
    entry.averageMs += ALPHA * (firstByteMs - entry.averageMs);
    entry.count++;
    entry.lastMs = nowMs;
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
    const known = this.groups.get(name);
    if (known !== undefined) return known;
    const group = { entries: new Map(), parts: new Map(), computedAtMs: -REFRESH_MS, lastMs: 0 };
    makeRoom(this.groups, GROUPS_MAX);
    this.groups.set(name, group);
    return group;
  }
}

function entryOf({ entries }: Group, endpoint: string): Entry {
  const known = entries.get(endpoint);
  if (known !== undefined) return known;
  const entry = { averageMs: 0, count: 0, lastMs: -Infinity };
  makeRoom(entries, ENDPOINTS_MAX);
  entries.set(endpoint, entry);
  return entry;
}

function isStale({ lastMs }: Entry, nowMs: number): boolean {
  return nowMs - lastMs > STALE_MS;
}

/** For one more: what was heard of last before all others goes. O(n), and that only where there are too many. */
function makeRoom(map: Map<string, { readonly lastMs: number }>, sizeMax: number): void {
  if (map.size < sizeMax) return;
  let [oldest, oldestMs] = ["", Infinity];
  for (const [name, { lastMs }] of map) if (lastMs < oldestMs) [oldest, oldestMs] = [name, lastMs];
  map.delete(oldest);
}
