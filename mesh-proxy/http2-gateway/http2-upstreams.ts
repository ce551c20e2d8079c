/** What all client connections of HTTP/2 share: the pool of upstream connections, output buffers, and the turn in which they are sent. */
import type { ProxyContext } from "../proxy-context.ts";
import { ReadBuffers } from "../relay/read-buffers.ts";
import { FlushTurn } from "./flush-turn.ts";
import { Http2Gateway, type Http2GatewayOptions } from "./http2-gateway.ts";
import type { SessionDeps } from "./session-socket.ts";
import { UpstreamPool } from "./upstream-pool.ts";

const OUTPUT_BUFFER_BYTES = 96 * 1024;

export class Http2Upstreams {
  private readonly context: ProxyContext;
  private readonly deps: SessionDeps;
  private readonly pool: UpstreamPool;

  constructor(context: ProxyContext) {
    this.context = context;
    const { clock, config } = context;
    const limits = {
      streamsMax: config.http2StreamsMax,
      headerListBytesMax: config.headBytesMax,
      windowBytes: config.http2WindowBytes,
    };
    this.deps = { clock, turn: new FlushTurn(), buffers: new ReadBuffers(OUTPUT_BUFFER_BYTES), limits };
    this.pool = new UpstreamPool(context, this.deps);
  }

  gateway(options: Pick<Http2GatewayOptions, "downstream" | "route" | "facts" | "onClosed">): Http2Gateway {
    return new Http2Gateway(this.context, { ...options, pool: this.pool, deps: this.deps });
  }

  close(): void {
    this.pool.close();
  }
}
