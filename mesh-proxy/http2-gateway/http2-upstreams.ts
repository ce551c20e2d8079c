/** What all client connections of HTTP/2 share: the pool of upstream connections, output buffers, and the turn in which they are sent. */

import { Places } from "../probe/places.ts";
import type { ProxyContext } from "../proxy-context.ts";
import { ReadBuffers } from "../relay/read-buffers.ts";
import { FlushTurn } from "./flush-turn.ts";
import { Http2Gateway, type Http2GatewayOptions } from "./http2-gateway.ts";
import type { SessionDeps } from "./session-socket.ts";
import { UpstreamPool } from "./upstream-pool.ts";

/** Copies of requests at a time. */
const MIRRORS_MAX = 1000;
const OUTPUT_BUFFER_BYTES = 96 * 1024;

export class Http2Upstreams {
  private readonly context: ProxyContext;
  private readonly deps: SessionDeps;
  private readonly pool: UpstreamPool;
  private readonly mirrors = new Places(MIRRORS_MAX);

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
    return new Http2Gateway(this.context, { ...options, pool: this.pool, deps: this.deps, mirrors: this.mirrors });
  }

  close(): void {
    this.pool.close();
  }
}
