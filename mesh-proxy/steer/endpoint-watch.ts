/**
 * Finds out within `silenceTimeoutMs` that an endpoint's host is gone, which no kernel tells: nothing resets its connections, and
 * what is written to them waits for a quarter of an hour. One watch for all connections to an address, so that it costs two
 * stores a read or write. See docs/decisions/0023.
 */
import type { WeightedEndpoint } from "../../core/model/mesh-snapshot.ts";
import type { Clock } from "../../core/ports/clock.ts";
import { gone, isGone, isKnockDue, nextSilence, SILENT_LOOKS_MAX, type Silence, unheard } from "../balance/silence.ts";
import type { ByteSocket } from "../relay/byte-socket.ts";
import type { DialTarget } from "../relay/dial.ts";
import { knock } from "../relay/knock.ts";
import type { Pulse } from "../relay/pulse.ts";

export interface EndpointWatchOptions {
  readonly clock: Clock;
  /** The address to knock from. */
  readonly localAddress: string;
  readonly silenceTimeoutMs: number;
  /** Whether a pod is still of the mesh; one that is gone for good is not asked for. */
  readonly isKnown: (pod: string) => boolean;
  /** What passed on the sockets unseen is to be on their pulses. */
  readonly beforeLook: () => void;
  readonly onKnock: () => void;
  readonly onSilent: (endpoint: WeightedEndpoint, connectionCount: number) => void;
}

interface Watched {
  readonly endpoint: WeightedEndpoint;
  readonly sockets: Set<ByteSocket>;
  readonly pulse: Pulse;
  hasAnswered: boolean;
  silence: Silence;
}

export class EndpointWatch {
  private readonly options: EndpointWatchOptions;
  private readonly watched = new Map<string, Watched>();
  private silentCount = 0;
  private cancelLooks: (() => void) | undefined;

  constructor(options: EndpointWatchOptions) {
    this.options = options;
  }

  /** Of a connection that is open, until it closes. It is reset when its host is gone. */
  add(endpoint: WeightedEndpoint, socket: ByteSocket): void {
    const entry = this.entryOf(endpoint, unheard);
    entry.sockets.add(socket);
    socket.pulse = entry.pulse;
    socket.socket.once("close", () => entry.sockets.delete(socket));
  }

  /** An attempt to connect met with nothing. Where connections are open they tell; else the host is gone until it answers. */
  missed(endpoint: WeightedEndpoint): void {
    if (this.watched.has(addressOf(endpoint))) return;
    this.entryOf(endpoint, gone);
    this.silentCount++;
  }

  isSilent(endpoint: WeightedEndpoint): boolean {
    if (this.silentCount === 0) return false;
    const entry = this.watched.get(addressOf(endpoint));
    return entry !== undefined && isGone(entry.silence);
  }

  stop(): void {
    this.cancelLooks?.();
    this.cancelLooks = undefined;
    this.watched.clear();
  }

  private entryOf(endpoint: WeightedEndpoint, silence: Silence): Watched {
    const key = addressOf(endpoint);
    const known = this.watched.get(key);
    if (known !== undefined) return known;
    const pulse = { hasHeard: false, hasSaid: false };
    const entry = { endpoint, sockets: new Set<ByteSocket>(), pulse, hasAnswered: false, silence };
    this.watched.set(key, entry);
    const { clock, silenceTimeoutMs } = this.options;
    this.cancelLooks ??= clock.every(Math.ceil(silenceTimeoutMs / SILENT_LOOKS_MAX), () => this.look());
    return entry;
  }

  /** Counts looks, not time: between two of them everything that has come is read, however late this process is. */
  private look(): void {
    this.options.beforeLook();
    for (const [key, entry] of this.watched) {
      const wasGone = isGone(entry.silence);
      const { pulse, hasAnswered } = entry;
      entry.silence = nextSilence(entry.silence, { ...pulse, hasAnswered });
      entry.hasAnswered = false;
      pulse.hasHeard = false;
      pulse.hasSaid = false;
      const isOut = isGone(entry.silence);
      if (isOut !== wasGone) this.silentCount += isOut ? 1 : -1;
      if (isOut && !wasGone) this.giveUp(entry);
      if (isKnockDue(entry.silence)) this.knockOn(entry);
      if (!this.isWorthWatching(entry)) this.forget(key, entry);
    }
    if (this.watched.size > 0) return;
    this.cancelLooks?.();
    this.cancelLooks = undefined;
  }

  private giveUp({ endpoint, sockets }: Watched): void {
    const { silenceTimeoutMs, onSilent } = this.options;
    onSilent(endpoint, sockets.size);
    for (const socket of [...sockets]) socket.fail(`${endpoint.pod} showed no sign of life for ${silenceTimeoutMs} ms`);
  }

  private knockOn(entry: Watched): void {
    const { clock, localAddress, silenceTimeoutMs, onKnock } = this.options;
    const { address, port } = entry.endpoint;
    onKnock();
    const target: DialTarget = { host: address, port, localAddress };
    void knock(target, clock, silenceTimeoutMs).then((hasAnswered) => {
      if (hasAnswered) entry.hasAnswered = true;
    });
  }

  private isWorthWatching({ endpoint, sockets, silence }: Watched): boolean {
    return isGone(silence) ? this.options.isKnown(endpoint.pod) : sockets.size > 0;
  }

  private forget(key: string, { silence }: Watched): void {
    this.watched.delete(key);
    if (isGone(silence)) this.silentCount--;
  }
}

function addressOf({ address, port }: WeightedEndpoint): string {
  return `${address} ${port}`;
}
