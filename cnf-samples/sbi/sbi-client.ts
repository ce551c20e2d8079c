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
  readonly session: http2.ClientHttp2Session;
  requests: number;
  inFlight: number;
  /** No further request begins here; it is closed when the last one under way is done. */
  isRetired: boolean;
}

/**
 * Calls never throw: what cannot be delivered is the 503 or 504 that TS 29.500 has for it. A request the upstream has not
 * begun with, or an idempotent one whose connection broke, is sent once more.
 */
export class SbiClient {
  readonly #options: SbiClientOptions;
  readonly #connections: (Connection | undefined)[];
  readonly #open = new Set<http2.ClientHttp2Session>();
  readonly #gate: StreamGate;
  readonly #counters = new Counters();
  #next = 0;

  constructor(options: SbiClientOptions) {
    const { connectionsPerUpstream, streamsPerConnectionMax, queueLengthMax } = options.limits;
    this.#options = options;
    this.#connections = new Array<Connection | undefined>(connectionsPerUpstream).fill(undefined);
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
    for (const session of this.#open) session.destroy();
  }

  async #attempt(call: SbiCall): Promise<ExchangeOutcome> {
    const { limits, userAgent } = this.#options;
    const connection = this.#connectionInTurn();
    const { requestTimeoutMs: timeoutMs, bodyBytesMax } = limits;
    connection.requests += 1;
    connection.inFlight += 1;
    const outcome = await exchange(connection.session, call, { userAgent, timeoutMs, bodyBytesMax });
    connection.inFlight -= 1;
    // A connection that let a request time out may be dead: the next request opens another.
    if (outcome.kind === "timeout" || connection.requests >= limits.requestsPerConnectionMax) retire(connection);
    else closeIfDone(connection);
    return outcome;
  }

  #connectionInTurn(): Connection {
    const turn = this.#next++ % this.#connections.length;
    const connection = this.#connections[turn];
    if (connection && isUsable(connection, this.#options.limits.requestsPerConnectionMax)) return connection;
    const opened = this.#connect();
    this.#connections[turn] = opened;
    return opened;
  }

  #connect(): Connection {
    this.#counters.add("connections");
    const session = http2.connect(this.#options.url);
    const connection: Connection = { session, requests: 0, inFlight: 0, isRetired: false };
    session.on("error", () => this.#counters.add("connectionErrors"));
    session.once("goaway", () => retire(connection));
    session.once("close", () => this.#open.delete(session));
    this.#open.add(session);
    return connection;
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

function isUsable({ session, requests, isRetired }: Connection, requestsMax: number): boolean {
  return !isRetired && requests < requestsMax && !session.closed && !session.destroyed;
}

function retire(connection: Connection): void {
  connection.isRetired = true;
  closeIfDone(connection);
}

/** Closing earlier would cancel requests that still wait for the connection to be made. */
function closeIfDone({ session, inFlight, isRetired }: Connection): void {
  if (isRetired && inFlight === 0 && !session.destroyed) session.close();
}
