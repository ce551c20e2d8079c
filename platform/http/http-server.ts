import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { messageOf, WeftError } from "../../core/model/weft-error.ts";
import type { Clock } from "../../core/ports/clock.ts";
import type { Log } from "../../core/ports/log.ts";
import { trackMethods } from "./allowed-methods.ts";
import { errorBody, refusalOf } from "./http-error.ts";
import { acceptJson } from "./json-body.ts";
import { answerMalformed } from "./malformed-request.ts";

export interface HttpServerOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** Larger bodies are refused with 413. */
  readonly bodyBytesMax: number;
  /** A request must have arrived whole after this long, or it is refused with 408; 30,000 unless told. */
  readonly requestTimeoutMs?: number;
  /** How long requests may go on after `close`; 10,000 unless told. */
  readonly drainMsMax?: number;
  /** More connections at a time are dropped; 10,000 unless told. */
  readonly connectionsMax?: number;
}

export interface HttpServer {
  /** Where routes are declared; `app.inject` asks them without a socket. */
  readonly app: FastifyInstance;
  /** Port 0 takes any free one. @throws WeftError listen-failed */
  listen(host: string, port: number): Promise<HttpAddress>;
  /** Takes no more connections, lets requests finish for `drainMsMax`, then cuts them. Again is no error. */
  close(): Promise<void>;
}

export interface HttpAddress {
  readonly host: string;
  readonly port: number;
  readonly url: string;
}

/** Go's HTTP client keeps idle connections for 90 s; a server that hangs up earlier makes some of its requests fail. */
const keepAliveTimeoutMs = 110_000;

/** An HTTP server that answers every failure in one shape, `{error: {code, field?, message}}`. */
export function createHttpServer(options: HttpServerOptions): HttpServer {
  const app = createApp(options);
  const allowedMethods = trackMethods(app);
  acceptJson(app);
  app.setErrorHandler((error, request, reply) => refuse(options.log, error, request, reply));
  app.setNotFoundHandler((request, reply) => answerUnknown(allowedMethods, request, reply));
  let closing: Promise<void> | undefined;
  return {
    app,
    listen: (host, port) => listen(app, host, port),
    close() {
      closing ??= drain(app, options);
      return closing;
    },
  };
}

function createApp({ bodyBytesMax, requestTimeoutMs = 30_000, connectionsMax = 10_000, log }: HttpServerOptions) {
  const app = fastify({
    bodyLimit: bodyBytesMax,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    http: {
      headersTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.ceil(requestTimeoutMs / 4),
    },
    return503OnClosing: false,
    routerOptions: { maxParamLength: 500 },
    clientErrorHandler: answerMalformed,
    frameworkErrors: (error, request, reply) => refuse(log, error, request, reply as unknown as FastifyReply),
  });
  app.server.maxConnections = connectionsMax;
  return app;
}

function refuse(log: Log, error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const refusal = refusalOf(error);
  if (refusal.statusCode >= 500) log.error("request failed", { method: request.method, url: request.url, error });
  return reply.code(refusal.statusCode).send(errorBody(refusal));
}

function answerUnknown(
  allowedMethods: (path: string) => readonly string[],
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const path = request.url.split("?", 1)[0] ?? "";
  const methods = allowedMethods(path);
  if (methods.length === 0) return reply.code(404).send(errorBody({ code: "not-found", message: `no ${path} here` }));
  const message = `${path} takes ${methods.join(", ")}, not ${request.method}`;
  return reply
    .code(405)
    .header("allow", methods.join(", "))
    .send(errorBody({ code: "method-not-allowed", message }));
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<HttpAddress> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    throw new WeftError("listen-failed", `cannot listen on ${urlOf(host, port)}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const { address, port: actual } = app.server.address() as AddressInfo;
  return { host: address, port: actual, url: urlOf(address, actual) };
}

async function drain(app: FastifyInstance, { clock, drainMsMax = 10_000, log }: HttpServerOptions): Promise<void> {
  const cancel = clock.after(drainMsMax, () => {
    log.warn("requests were cut at the end of the drain", { drainMsMax });
    app.server.closeAllConnections();
  });
  await app.close();
  cancel();
}

function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
