/** One listener per upstream of the snapshot in use; a listener that goes takes no live connection with it. */
import { messageOf } from "../../core/model/weft-error.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { type Listener, listen } from "../relay/listen.ts";
import { acceptOutbound } from "./accept-outbound.ts";

export class OutboundListeners {
  private readonly context: ProxyContext;
  private readonly byPort = new Map<number, Promise<Listener | undefined>>();
  private isClosed = false;
  /** Changes one after the other: a port that is still being opened cannot be closed, nor opened while it is being closed. */
  private changing: Promise<void> = Promise.resolve();

  constructor(context: ProxyContext) {
    this.context = context;
  }

  /**
   * Opens and closes listeners until they are those of `ports`. A port that cannot be had is logged, and tried again next
   * time. Every call has its turn; resolves at the end of its own.
   */
  update(ports: readonly number[]): Promise<void> {
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
  }

  private open(port: number): Promise<Listener | undefined> {
    const { context } = this;
    const opened: Promise<Listener | undefined> = listen({
      host: context.config.upstreamHost,
      port,
      buffers: context.buffers,
      onConnection: (socket) => void acceptOutbound(context, port, socket),
      onError: (error) => context.log.warn("upstream listener failed", { port, error: error.message }),
    }).catch((error) => {
      context.log.error("upstream listener cannot be opened", { port, reason: messageOf(error) });
      if (this.byPort.get(port) === opened) this.byPort.delete(port);
      return undefined;
    });
    this.byPort.set(port, opened);
    return opened;
  }

  private async close(port: number): Promise<void> {
    const listener = this.byPort.get(port);
    this.byPort.delete(port);
    await (await listener)?.close();
  }
}
