/** Persistent HTTP/2 connections to one upstream. */
import * as http2 from "node:http2";
import { Counters } from "../counters.ts";
import { problem, type SbiReply } from "./problem-details.ts";
import { type ExchangeOutcome, exchange, type SbiCall } from "./sbi-exchange.ts";
import type { SbiClientLimits } from "./sbi-limits.ts";
import { StreamGate } from "./stream-gate.ts";

export interface SbiClientOptions {
  /** `http://host:port`. */
  readonly url: string;
  /** NF type and instance of the caller, as TS 29.500 clause 5.2.2.2 has it. */
  readonly userAgent: string;
  readonly limits: SbiClientLimits;
}

interface Connection {
  session: http2.ClientHttp2Session | undefined;
  requests: number;
}

/**
 * Calls never throw: what cannot be delivered is the 503 or 504 that TS 29.500 has for it. A request the upstream has not
 * begun with, or an idempotent one whose connection broke, is sent once more.
 */
export class SbiClient {
  readonly #options: SbiClientOptions;
  readonly #connections: readonly Connection[];
  readonly #gate: StreamGate;
  readonly #counters = new Counters();
  #next = 0;

  constructor(options: SbiClientOptions) {
    const { connectionsPerUpstream, streamsPerConnectionMax, queueLengthMax } = options.limits;
    this.#options = options;
    this.#connections = Array.from({ length: connectionsPerUpstream }, () => ({ session: undefined, requests: 0 }));
    this.#gate = new StreamGate(connectionsPerUpstream * streamsPerConnectionMax, queueLengthMax);
  }

  async call(call: SbiCall): Promise<SbiReply> {
    if (!(await this.#gate.enter())) return this.#failed("congested", 503, "NF_CONGESTION", "too many requests wait");
    try {
      this.#counters.add("requests");
      const first = await this.#attempt(call);
      if (!mayRepeat(first, call)) return this.#replyOf(first);
      this.#counters.add("retries");
      return this.#replyOf(await this.#attempt(call));
    } finally {
      this.#gate.leave();
    }
  }

  statistics(): Readonly<Record<string, unknown>> {
    return { ...this.#counters.all(), inFlight: this.#gate.inFlight };
  }

  stop(): void {
    for (const connection of this.#connections) {
      connection.session?.destroy();
      connection.session = undefined;
    }
  }

  async #attempt(call: SbiCall): Promise<ExchangeOutcome> {
    const { limits, userAgent } = this.#options;
    const connection = this.#connections[this.#next++ % this.#connections.length] as Connection;
    const session = this.#sessionOf(connection);
    const { requestTimeoutMs: timeoutMs, bodyBytesMax } = limits;
    const outcome = await exchange(session, call, { userAgent, timeoutMs, bodyBytesMax });
    // A connection that let a request time out may be dead: the next request opens another.
    if (outcome.kind === "timeout") retire(connection, session);
    return outcome;
  }

  #sessionOf(connection: Connection): http2.ClientHttp2Session {
    const { session } = connection;
    const isUsable = session && !session.closed && !session.destroyed;
    if (isUsable && connection.requests < this.#options.limits.requestsPerConnectionMax) {
      connection.requests += 1;
      return session;
    }
    if (session) retire(connection, session);
    this.#counters.add("connections");
    const opened = http2.connect(this.#options.url);
    opened.on("error", () => this.#counters.add("connectionErrors"));
    opened.once("goaway", () => retire(connection, opened));
    opened.once("close", () => retire(connection, opened));
    connection.session = opened;
    connection.requests = 1;
    return opened;
  }

  #replyOf(outcome: ExchangeOutcome): SbiReply {
    switch (outcome.kind) {
      case "reply":
        return outcome.reply;
      case "timeout":
        return this.#failed("timeouts", 504, "TIMED_OUT_REQUEST", `${this.#options.url} did not answer in time`);
      case "lost":
      case "unprocessed":
        return this.#failed("unreachable", 504, "TARGET_NF_NOT_REACHABLE", `${this.#options.url}: ${outcome.reason}`);
    }
  }

  #failed(counter: string, status: number, cause: string, detail: string): SbiReply {
    this.#counters.add(counter);
    return problem(status, cause, detail);
  }
}

function mayRepeat(outcome: ExchangeOutcome, call: SbiCall): boolean {
  const isIdempotent = call.method !== "POST" && call.method !== "PATCH";
  return outcome.kind === "unprocessed" || (outcome.kind === "lost" && isIdempotent);
}

function retire(connection: Connection, session: http2.ClientHttp2Session): void {
  if (connection.session === session) connection.session = undefined;
  if (!session.destroyed) session.close();
}
