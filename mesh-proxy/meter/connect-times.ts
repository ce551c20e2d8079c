/** How long connections to other nodes' proxies take to open: the round trip between two nodes, as well as a proxy can see it. */
import { RecentLeast } from "../../core/stats/recent-least.ts";

export interface NodePair {
  readonly source: string;
  readonly destination: string;
}

export interface ConnectTime extends NodePair {
  /** Connections opened. */
  readonly count: number;
  /** What they took together. */
  readonly sumMs: number;
  /** The quickest of the last minute or two; of longer where fewer than 16 were opened. */
  readonly leastMs: number;
}

const WINDOW = { spanMs: 60_000, valuesMin: 16 } as const;

interface Entry extends NodePair {
  readonly recent: RecentLeast;
  count: number;
  sumMs: number;
}

/**
 * From `connect` to connected is one round trip: SYN out, SYN-ACK back from the other node's kernel, which answers for a busy
 * process too. Node does not give the kernel's own measure (TCP_INFO), and notices the answer only when its event loop comes
 * round, so every value is the round trip and what this process was late by: the least of many is the one to go by, the mean
 * is not.
 */
export class ConnectTimes {
  /** Pairs that made room for newer ones. */
  droppedCount = 0;

  private readonly pairsMax: number;
  /** The one used longest ago first. */
  private readonly entries = new Map<string, Entry>();

  constructor(pairsMax: number) {
    this.pairsMax = pairsMax;
  }

  /** Once per connection. */
  observe({ source, destination }: NodePair, connectMs: number, nowMs: number): void {
    const key = `${source}\n${destination}`;
    const entry = this.entries.get(key) ?? { source, destination, recent: new RecentLeast(WINDOW), count: 0, sumMs: 0 };
    entry.count++;
    entry.sumMs += connectMs;
    entry.recent.observe(connectMs, nowMs);
    this.entries.delete(key);
    this.entries.set(key, entry);
    const [oldest] = this.entries.keys();
    if (this.entries.size <= this.pairsMax || oldest === undefined) return;
    this.entries.delete(oldest);
    this.droppedCount++;
  }

  all(): readonly ConnectTime[] {
    return Array.from(this.entries.values(), ({ recent, ...entry }) => ({ ...entry, leastMs: recent.least }));
  }
}
