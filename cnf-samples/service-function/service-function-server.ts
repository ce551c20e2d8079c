/** The TCP server of a service function in Forward mode: one connection per flow and direction, bytes in, bytes back. */
import { createServer, type Socket } from "node:net";
import { z } from "zod";
import { hostField, portField } from "../config-fields.ts";
import type { Counters } from "../counters.ts";
import { closed, listen } from "../listen.ts";
import type { RunningSample } from "../sample.ts";
import type { FlowProcessor, FlowVerdict } from "./flow-processor.ts";
import { type FlowHeader, readProxyHeader } from "./proxy-header.ts";

export const serviceFunctionFields = {
  host: hostField,
  port: portField(9000),
  connectionsMax: z.int().min(1).default(8192).describe("Connections at once, two to a flow"),
  headerTimeoutMs: z.int().min(1).default(5000).describe("Time for the PROXY protocol header to arrive"),
  idleTimeoutMs: z.int().min(1000).default(300_000).describe("Silence after which a connection is closed"),
  holdMsMax: z.int().min(1).default(200).describe("Silence after which held bytes go onward as they came"),
};

export const proxyProtocolField = z
  .boolean()
  .default(true)
  .describe("Whether each connection begins with a PROXY protocol header; as the ServiceFunction says");

export interface ServiceFunctionConfig {
  readonly host: string;
  readonly port: number;
  readonly connectionsMax: number;
  readonly headerTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly holdMsMax: number;
  readonly proxyProtocol: boolean;
}

export interface ServiceFunctionOptions {
  readonly config: ServiceFunctionConfig;
  readonly counters: Counters;
  /** The header is undefined without `proxyProtocol`. */
  process(header: FlowHeader | undefined): FlowProcessor;
  statistics(): Readonly<Record<string, unknown>>;
}

export async function startServiceFunction(options: ServiceFunctionOptions): Promise<RunningSample> {
  const { config, counters } = options;
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    if (open.size >= config.connectionsMax) {
      counters.add("connectionsRefused");
      socket.resetAndDestroy();
      return;
    }
    open.add(socket);
    counters.add("connections");
    socket.once("close", () => open.delete(socket));
    new FlowConnection(socket, options);
  });
  const address = await listen(server, config);
  return {
    addresses: { tcp: address },
    statistics: () => ({ active: open.size, ...counters.all(), ...options.statistics() }),
    stop: () => {
      const done = closed(server);
      for (const socket of open) socket.destroy();
      return done;
    },
  };
}

class FlowConnection {
  readonly #socket: Socket;
  readonly #options: ServiceFunctionOptions;
  #processor: FlowProcessor | undefined;
  #header: Buffer = Buffer.alloc(0);
  #holdTimer: NodeJS.Timeout | undefined;
  #holdCheck: NodeJS.Immediate | undefined;

  constructor(socket: Socket, options: ServiceFunctionOptions) {
    this.#socket = socket;
    this.#options = options;
    const { config, counters } = options;
    if (!config.proxyProtocol) this.#processor = options.process(undefined);
    socket.setTimeout(config.proxyProtocol ? config.headerTimeoutMs : config.idleTimeoutMs);
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.once("end", () => this.#end());
    socket.on("drain", () => socket.resume());
    socket.once("timeout", () => this.#refuse("timeouts"));
    socket.on("error", () => counters.add("connectionErrors"));
    socket.once("close", () => this.#stopHoldTimer());
  }

  #receive(chunk: Buffer): void {
    if (this.#processor) this.#process(chunk, this.#processor);
    else this.#receiveHeader(chunk);
  }

  #receiveHeader(chunk: Buffer): void {
    this.#header = Buffer.concat([this.#header, chunk]);
    const read = readProxyHeader(this.#header);
    if (read.kind === "unfinished") return;
    if (read.kind === "malformed") {
      this.#refuse("headersMalformed");
      return;
    }
    this.#socket.setTimeout(this.#options.config.idleTimeoutMs);
    this.#processor = this.#options.process(read.header);
    // Also without bytes after the header, so that a flow that is refused is refused at once.
    this.#process(this.#header.subarray(read.length), this.#processor);
  }

  #process(chunk: Buffer, processor: FlowProcessor): void {
    this.#options.counters.add("bytesIn", chunk.length);
    this.#stopHoldTimer();
    this.#carryOut(processor.write(chunk));
    if (processor.heldBytes > 0 && !this.#socket.destroyed) this.#startHoldTimer(processor);
  }

  /** After a busy spell the timer is due before bytes that have arrived are read: they get their turn first. */
  #startHoldTimer(processor: FlowProcessor): void {
    const release = () => {
      this.#options.counters.add("holdsReleased");
      this.#carryOut(processor.release());
    };
    this.#holdTimer = setTimeout(() => {
      this.#holdCheck = setImmediate(release);
    }, this.#options.config.holdMsMax);
  }

  #stopHoldTimer(): void {
    clearTimeout(this.#holdTimer);
    clearImmediate(this.#holdCheck);
  }

  #end(): void {
    this.#stopHoldTimer();
    if (!this.#processor) {
      this.#refuse("headersMalformed");
      return;
    }
    this.#carryOut(this.#processor.end());
    if (!this.#socket.destroyed) this.#socket.end();
  }

  #carryOut(verdict: FlowVerdict): void {
    if (verdict.kind === "refuse") {
      this.#refuse(verdict.reason);
      return;
    }
    for (const bytes of verdict.bytes) {
      if (bytes.length === 0) continue;
      this.#options.counters.add("bytesOut", bytes.length);
      if (!this.#socket.write(bytes)) this.#socket.pause();
    }
  }

  /** A reset, because the end of a direction alone would be a half-close. */
  #refuse(counter: string): void {
    this.#options.counters.add(counter);
    this.#socket.resetAndDestroy();
  }
}
