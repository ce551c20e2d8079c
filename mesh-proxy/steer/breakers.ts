/**
 * A circuit breaker for each endpoint: `admitting` until it refuses, or breaks off several times in a row; then `shut`, passed over for
 * a while; then `probing`, for one flow at a time, until one goes well. Each time that a probe fails it is shut for twice as long.
 */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";

/** More are forgotten, oldest first: an ejection is advice, not a decision. */
const ENDPOINTS_MAX = 1024;

export interface EjectionLimits {
  /** The first time, ms. */
  readonly ejectionMs: number;
  /** However often it fails, ms. */
  readonly ejectionMsMax: number;
  /** Failures in a row after which an endpoint is passed over that does take connections. */
  readonly failuresMax: number;
}

/** What a breaker tells others. */
export interface BreakerEvents {
  /** An endpoint took no connection, or broke off. */
  failed(endpoint: WeightedEndpoint, nowMs: number): void;
  /** One that was shut admits everything again. */
  readmitted(endpoint: WeightedEndpoint, nowMs: number): void;
}

export type BreakerState = "admitting" | "shut" | "probing";

interface Entry {
  /** In a row, while admitting. */
  failureCount: number;
  /** 0 while admitting. */
  shutCount: number;
  untilMs: number;
  /** Of a probe that is under way, when it has had its time. */
  probeUntilMs: number;
  /** It took no connections; else it took them, and broke off. */
  hasRefused: boolean;
}

export class Breakers {
  private readonly limits: EjectionLimits;
  private readonly events: BreakerEvents | undefined;
  /** The one that changed longest ago first. */
  private readonly entries = new Map<string, Entry>();

  constructor(limits: EjectionLimits, events?: BreakerEvents) {
    this.limits = limits;
    this.events = events;
  }

  /** A flow goes to the endpoint now: where it is probing, this is the probe. */
  began(endpoint: WeightedEndpoint, nowMs: number): void {
    const entry = this.entryOf(endpoint);
    if (entry !== undefined && stateOf(entry, nowMs) === "probing") entry.probeUntilMs = nowMs + this.limits.ejectionMs;
  }

  /** It takes a connection, with all that lies behind it. */
  tookConnection(endpoint: WeightedEndpoint, nowMs: number): void {
    const entry = this.entryOf(endpoint);
    if (entry?.hasRefused === true) this.succeed(endpoint, entry, nowMs);
  }

  /** It answers. */
  answered(endpoint: WeightedEndpoint, nowMs: number): void {
    const entry = this.entryOf(endpoint);
    if (entry !== undefined) this.succeed(endpoint, entry, nowMs);
  }

  /** It took a request, and broke off before its answer began. Once may be chance. @returns whether it is passed over now */
  countFailure(endpoint: WeightedEndpoint, nowMs: number): boolean {
    const entry = this.entryOf(endpoint) ?? this.freshEntry();
    entry.failureCount++;
    const isEnough = entry.shutCount > 0 || entry.failureCount >= this.limits.failuresMax;
    if (isEnough) this.shut(entry, nowMs);
    if (isEnough) entry.hasRefused = false;
    this.keep(endpoint, entry);
    this.events?.failed(endpoint, nowMs);
    return isEnough;
  }

  /** It took no connection, or no answer came from it in time. */
  eject(endpoint: WeightedEndpoint, nowMs: number): void {
    const entry = this.entryOf(endpoint) ?? this.freshEntry();
    this.shut(entry, nowMs);
    entry.hasRefused = true;
    this.keep(endpoint, entry);
    this.events?.failed(endpoint, nowMs);
  }

  /** Whether others had better take what comes. */
  isEjected(endpoint: WeightedEndpoint, nowMs: number): boolean {
    const entry = this.entryOf(endpoint);
    return entry !== undefined && (stateOf(entry, nowMs) === "shut" || entry.probeUntilMs > nowMs);
  }

  stateOf(endpoint: WeightedEndpoint, nowMs: number): BreakerState {
    const entry = this.entryOf(endpoint);
    return entry === undefined ? "admitting" : stateOf(entry, nowMs);
  }

  /** Endpoints that do not admit everything. O(endpoints remembered). */
  countIn(state: Exclude<BreakerState, "admitting">, nowMs: number): number {
    let count = 0;
    for (const entry of this.entries.values()) if (stateOf(entry, nowMs) === state) count++;
    return count;
  }

  /** A late answer to what was sent before says nothing of an endpoint that is shut. */
  private succeed(endpoint: WeightedEndpoint, entry: Entry, nowMs: number): void {
    if (stateOf(entry, nowMs) === "shut") return;
    this.entries.delete(endpointKey(endpoint));
    if (entry.shutCount > 0) this.events?.readmitted(endpoint, nowMs);
  }

  /** Many flows may fail at once: only a probe that fails makes it longer. */
  private shut(entry: Entry, nowMs: number): void {
    if (stateOf(entry, nowMs) === "shut") return;
    const { ejectionMs, ejectionMsMax } = this.limits;
    entry.untilMs = nowMs + Math.min(ejectionMs * 2 ** entry.shutCount, Math.max(ejectionMs, ejectionMsMax));
    entry.shutCount++;
    entry.failureCount = 0;
    entry.probeUntilMs = 0;
  }

  private entryOf(endpoint: WeightedEndpoint): Entry | undefined {
    return this.entries.size === 0 ? undefined : this.entries.get(endpointKey(endpoint));
  }

  private freshEntry(): Entry {
    return { failureCount: 0, shutCount: 0, untilMs: 0, probeUntilMs: 0, hasRefused: false };
  }

  private keep(endpoint: WeightedEndpoint, entry: Entry): void {
    const key = endpointKey(endpoint);
    this.entries.delete(key);
    this.entries.set(key, entry);
    const [oldest] = this.entries.keys();
    if (this.entries.size > ENDPOINTS_MAX && oldest !== undefined) this.entries.delete(oldest);
  }
}

function stateOf({ shutCount, untilMs }: Entry, nowMs: number): BreakerState {
  if (shutCount === 0) return "admitting";
  return nowMs < untilMs ? "shut" : "probing";
}

export function endpointKey({ address, port, appPort }: WeightedEndpoint): string {
  return `${address} ${port} ${appPort}`;
}
