/** What one proxy has under way at a Service and at each of its endpoints, and what more it may. */
import type { CircuitBreaker } from "../../core/model/traffic-policy.ts";

interface Entry {
  connectionCount: number;
  requestCount: number;
}

/** Counts whatever the limits, which may change: what is over a new one ends by itself. All calls are O(1). */
export class Occupancy {
  limits: CircuitBreaker = {};
  connectionCount = 0;
  /** Of the requests under way, those that wait for a connection. */
  pendingCount = 0;
  requestCount = 0;

  /** By the endpoint's key, while something is under way there. */
  private readonly entries = new Map<string, Entry>();

  get hasConnectionRoom(): boolean {
    return isBelow(this.connectionCount, this.limits.maxConnections);
  }

  get hasPendingRoom(): boolean {
    return isBelow(this.pendingCount, this.limits.maxPendingRequests);
  }

  get hasRequestRoom(): boolean {
    return isBelow(this.requestCount, this.limits.maxParallelRequests);
  }

  hasConnectionRoomAt(key: string): boolean {
    const { maxConnectionsPerEndpoint } = this.limits;
    if (maxConnectionsPerEndpoint === undefined) return true;
    return isBelow(this.entries.get(key)?.connectionCount ?? 0, maxConnectionsPerEndpoint);
  }

  hasRequestRoomAt(key: string): boolean {
    const { maxParallelRequestsPerEndpoint } = this.limits;
    if (maxParallelRequestsPerEndpoint === undefined) return true;
    return isBelow(this.entries.get(key)?.requestCount ?? 0, maxParallelRequestsPerEndpoint);
  }

  connectionBegan(key: string): void {
    this.connectionCount++;
    this.entryOf(key).connectionCount++;
  }

  /** Once for each `connectionBegan`; so for requests. */
  connectionEnded(key: string): void {
    this.connectionCount--;
    this.change(key, -1, 0);
  }

  requestBegan(key: string): void {
    this.requestCount++;
    this.entryOf(key).requestCount++;
  }

  requestEnded(key: string): void {
    this.requestCount--;
    this.change(key, 0, -1);
  }

  private change(key: string, connections: number, requests: number): void {
    const entry = this.entryOf(key);
    entry.connectionCount += connections;
    entry.requestCount += requests;
    if (entry.connectionCount === 0 && entry.requestCount === 0) this.entries.delete(key);
  }

  private entryOf(key: string): Entry {
    const known = this.entries.get(key);
    if (known !== undefined) return known;
    const entry = { connectionCount: 0, requestCount: 0 };
    this.entries.set(key, entry);
    return entry;
  }
}

function isBelow(count: number, limit: number | undefined): boolean {
  return limit === undefined || count < limit;
}
