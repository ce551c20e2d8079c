/** One listener per upstream of the snapshot in use, and one for a function that opens connections of its own; a listener that goes takes no live connection with it. */
import { messageOf } from "../../core/model/weft-error.ts";
import type { Http2Upstreams } from "../http2-gateway/http2-upstreams.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { type Listener, listen } from "../relay/listen.ts";
import { acceptOnward } from "./accept-onward.ts";
import { acceptOutbound } from "./accept-outbound.ts";
import type { OutboundPort } from "./outbound.ts";

const RETRY_MS = 1000;

type UpstreamListener = Pick<Listener, "port" | "close">;
/** Rejects with the reason. */
type ListenOn = (port: number) => Promise<UpstreamListener>;

export class OutboundListeners {
  private readonly context: ProxyContext;
  private readonly listenOn: ListenOn;
  private readonly byPort = new Map<number, Promise<UpstreamListener | undefined>>();
  private isClosed = false;
  /** Changes one after the other: a port that is still being opened cannot be closed, nor opened while it is being closed. */
  private changing: Promise<void> = Promise.resolve();
  private wanted: readonly number[] = [];
  /** Ports that could not be had when last tried. */
  private readonly missing = new Set<number>();
  private cancelRetry = () => {};

  constructor(context: ProxyContext, listenOn: ListenOn) {
    this.context = context;
    this.listenOn = listenOn;
  }

  /**
   * Opens and closes listeners until they are those of `ports`. A port that cannot be had is logged, counted and tried again
   * every second, and holds up no other. Every call has its turn; resolves at the end of its own.
   */
  update(ports: readonly number[]): Promise<void> {
    this.wanted = ports;
    this.changing = this.changing.then(() => this.change(this.isClosed ? [] : ports));
    return this.changing;
  }

  /** Ports that listen now. */
  async ports(): Promise<readonly number[]> {
    const listeners = await Promise.all(this.byPort.values());
    return listeners.flatMap((listener) => (listener === undefined ? [] : [listener.port]));
  }

  async closeAll(): Promise<void> {
    this.isClosed = true;
    await this.update([]);
  }

  private async change(ports: readonly number[]): Promise<void> {
    const wanted = new Set(ports);
    const gone = [...this.byPort.keys()].filter((port) => !wanted.has(port));
    await Promise.all(gone.map((port) => this.close(port)));
    await Promise.all(ports.map((port) => this.byPort.get(port) ?? this.open(port)));
    for (const port of this.missing) if (!wanted.has(port)) this.missing.delete(port);
    this.cancelRetry();
    if (this.missing.size === 0) return;
    this.cancelRetry = this.context.clock.after(RETRY_MS, () => void this.update(this.wanted));
  }

  private open(port: number): Promise<UpstreamListener | undefined> {
    const opened = this.listenOn(port).then(
      (open) => {
        this.missing.delete(port);
        return open;
      },
      (error) => this.miss(port, messageOf(error)),
    );
    this.byPort.set(port, opened);
    return opened;
  }

  private miss(port: number, reason: string): undefined {
    this.context.own.listenFailureCount++;
    if (!this.missing.has(port)) this.context.log.error("upstream listener cannot be opened", { port, reason });
    this.missing.add(port);
    this.byPort.delete(port);
  }

  private async close(port: number): Promise<void> {
    const listener = this.byPort.get(port);
    this.byPort.delete(port);
    await (await listener)?.close();
  }
}

export function listenForTcp(context: ProxyContext, port: number, http2: Http2Upstreams): Promise<UpstreamListener> {
  const outboundPort: OutboundPort = { name: `port ${port}`, routeIn: (table) => table.upstreamAt(port), http2 };
  return listen({
    host: context.config.upstreamHost,
    port,
    isShared: context.config.workers > 1,
    buffers: context.buffers,
    onConnection: (socket) =>
      void (port === context.config.onwardPort
        ? acceptOnward(context, socket)
        : acceptOutbound(context, outboundPort, socket)),
    onError: (error) => context.log.warn("upstream listener failed", { port, error: error.message }),
  });
}
