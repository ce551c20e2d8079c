/** Every live flow of one proxy: how many there may be, which are idle, and how they end at shutdown. */
import type { Clock } from "../../core/ports/clock.ts";
import { formatEndpoint, type SocketEndpoint } from "../codec/proxy-protocol.ts";
import type { FlowPlace } from "./flow-place.ts";

/** What the registry needs of a flow; which kind it is does not matter here. */
export interface Flow {
  /** For the log and the answer of `stop`: `inbound from core/amf-0`. */
  readonly name: string;
  /** Grows while anything moves. */
  readonly byteCount: number;
  /** The client as first seen; undefined until that is known. */
  readonly source: SocketEndpoint | undefined;
  /** Undefined off chains, and while nothing is under way. */
  readonly place: FlowPlace | undefined;
  /** Asks to end as soon as nothing is in flight; a flow that cannot tell goes on. */
  drain(): void;
  /** Ends it now, as failed. */
  cut(): void;
}

export interface FlowRegistryOptions {
  readonly clock: Clock;
  readonly connectionsMax: number;
  readonly idleTimeoutMs: number;
  readonly onIdle: (flow: Flow) => void;
}

/** A flow that is on a path now. */
export interface LiveFlow {
  /** `address:port` of the client as first seen. */
  readonly source: string;
  readonly place: FlowPlace;
  readonly acceptedAtMs: number;
  readonly byteCount: number;
}

interface Entry {
  readonly acceptedAtMs: number;
  byteCount: number;
  idleSweeps: number;
}

/** A flow is idle when this many sweeps in a row saw no byte: no clock is read per byte. */
const SWEEPS = 4;
/** Sockets that were reset close with the next turn of the event loop; nobody waits longer for one that does not. */
const CUT_MS_MAX = 1000;

export class FlowRegistry {
  private readonly options: FlowRegistryOptions;
  private readonly flows = new Map<Flow, Entry>();
  private readonly cancelSweep: () => void;
  private onEmpty: () => void = () => {};

  constructor(options: FlowRegistryOptions) {
    this.options = options;
    this.cancelSweep = options.clock.every(Math.ceil(options.idleTimeoutMs / SWEEPS), () => this.sweep());
  }

  get isFull(): boolean {
    return this.flows.size >= this.options.connectionsMax;
  }

  get count(): number {
    return this.flows.size;
  }

  add(flow: Flow): void {
    this.flows.set(flow, { acceptedAtMs: this.options.clock.nowMs(), byteCount: 0, idleSweeps: 0 });
  }

  remove(flow: Flow): void {
    if (this.flows.delete(flow) && this.flows.size === 0) this.onEmpty();
  }

  /** Up to `countMax` of the flows that are on paths, oldest first. O(flows): for those who ask, not for hot paths. */
  placed(isWanted: (place: FlowPlace, source: string) => boolean, countMax: number): readonly LiveFlow[] {
    const found: LiveFlow[] = [];
    for (const [flow, { acceptedAtMs }] of this.flows) {
      if (found.length >= countMax) break;
      const { place } = flow;
      if (place === undefined || flow.source === undefined) continue;
      const source = formatEndpoint(flow.source);
      if (!isWanted(place, source)) continue;
      found.push({ source, place, acceptedAtMs, byteCount: flow.byteCount });
    }
    return found;
  }

  /** Lets flows end for up to `drainMs`, then cuts them. @returns the names of those that were cut. */
  async drain(drainMs: number): Promise<readonly string[]> {
    this.cancelSweep();
    const empty = new Promise<void>((resolve) => {
      this.onEmpty = resolve;
      if (this.flows.size === 0) resolve();
    });
    for (const flow of [...this.flows.keys()]) flow.drain();
    const deadline = Promise.withResolvers<void>();
    const cancel = this.options.clock.after(drainMs, deadline.resolve);
    await Promise.race([empty, deadline.promise]);
    cancel();
    const left = [...this.flows.keys()];
    for (const flow of left) flow.cut();
    const given = Promise.withResolvers<void>();
    const cancelWait = this.options.clock.after(CUT_MS_MAX, given.resolve);
    await Promise.race([empty, given.promise]);
    cancelWait();
    return left.map((flow) => flow.name);
  }

  private sweep(): void {
    for (const [flow, entry] of this.flows) {
      const { byteCount } = flow;
      entry.idleSweeps = byteCount === entry.byteCount ? entry.idleSweeps + 1 : 0;
      entry.byteCount = byteCount;
      if (entry.idleSweeps < SWEEPS) continue;
      this.options.onIdle(flow);
      flow.cut();
    }
  }
}
