/** HTTP/2 server with prior knowledge (h2c) in front of a router. */
import * as http2 from "node:http2";
import { messageOf } from "../../core/model/weft-error.ts";
import { Counters } from "../counters.ts";
import { closed, listen } from "../listen.ts";
import type { SampleDeps } from "../sample.ts";
import { jsonType, problem, type SbiReply } from "./problem-details.ts";
import type { SbiServerLimits } from "./sbi-limits.ts";
import type { SbiRouter } from "./sbi-router.ts";

export interface SbiServerOptions {
  readonly host: string;
  readonly port: number;
  readonly router: SbiRouter;
  /** Value of the `server` header: NF type and instance, as TS 29.500 clause 5.2.2.2 has it. */
  readonly serverName: string;
  readonly limits: SbiServerLimits;
  readonly deps: SampleDeps;
}

export interface SbiServer {
  readonly address: string;
  statistics(): Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

const stopGraceMs = 1000;

export async function startSbiServer(options: SbiServerOptions): Promise<SbiServer> {
  const { limits } = options;
  const counters = new Counters();
  const sessions = new Set<http2.ServerHttp2Session>();
  const server = http2.createServer({ settings: { maxConcurrentStreams: limits.streamsPerConnectionMax } });
  server.on("session", (session) => {
    if (sessions.size >= limits.sessionsMax) {
      counters.add("sessionsRefused");
      session.destroy();
      return;
    }
    sessions.add(session);
    session.setTimeout(limits.idleTimeoutMs, () => session.close());
    session.once("close", () => sessions.delete(session));
  });
  server.on("sessionError", () => counters.add("protocolErrors"));
  server.on("stream", (stream: http2.ServerHttp2Stream, headers) => {
    void serveStream(stream, headers, options, counters);
  });
  const address = await listen(server, options);
  return {
    address,
    statistics: () => ({ ...counters.all(), sessions: sessions.size }),
    stop: () => stopServer(server, sessions),
  };
}

async function serveStream(
  stream: http2.ServerHttp2Stream,
  headers: http2.IncomingHttpHeaders,
  options: SbiServerOptions,
  counters: Counters,
): Promise<void> {
  stream.on("error", () => counters.add("streamErrors"));
  const body = await readBody(stream, options.limits.bodyBytesMax);
  if (body === undefined) return;
  const reply = body === "too-large" ? tooLarge(options.limits) : await routed(headers, body, options, counters);
  if (reply.status >= 400) counters.add("failed");
  respond(stream, reply, options.serverName);
  // What the client still sends of an oversized body is not read.
  if (body === "too-large") stream.close(http2.constants.NGHTTP2_NO_ERROR);
}

async function routed(
  headers: http2.IncomingHttpHeaders,
  body: Buffer,
  { router, deps }: SbiServerOptions,
  counters: Counters,
): Promise<SbiReply> {
  const { ":method": method = "", ":path": path = "", "content-type": contentType } = headers;
  const { operation, reply } = router.route({ method, path, contentType, body: body.toString("utf8") });
  counters.add(operation ?? "unrouted");
  try {
    return await reply;
  } catch (error) {
    counters.add("handlerErrors");
    deps.log.error("request handler failed", { operation, reason: messageOf(error) });
    return problem(500, "SYSTEM_FAILURE", "the request could not be handled");
  }
}

function respond(stream: http2.ServerHttp2Stream, reply: SbiReply, serverName: string): void {
  if (stream.destroyed || stream.headersSent) return;
  const headers = { ":status": reply.status, server: serverName, ...reply.headers };
  if (reply.body === undefined) {
    stream.respond(headers, { endStream: true });
    return;
  }
  const body = Buffer.from(JSON.stringify(reply.body));
  stream.respond({ "content-type": jsonType, ...headers, "content-length": body.length });
  stream.end(body);
}

/** The whole body, `too-large`, or undefined when the client went away first. */
function readBody(stream: http2.ServerHttp2Stream, bytesMax: number): Promise<Buffer | "too-large" | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    stream.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > bytesMax) resolve("too-large");
      else chunks.push(chunk);
    });
    stream.once("end", () => resolve(Buffer.concat(chunks)));
    stream.once("close", () => resolve(undefined));
  });
}

function tooLarge(limits: SbiServerLimits): SbiReply {
  return problem(413, "PAYLOAD_TOO_LARGE", `a body may have ${limits.bodyBytesMax} bytes`);
}

async function stopServer(server: http2.Http2Server, sessions: ReadonlySet<http2.ServerHttp2Session>): Promise<void> {
  const done = closed(server);
  for (const session of sessions) session.close();
  const force = setTimeout(() => {
    for (const session of sessions) session.destroy();
  }, stopGraceMs);
  await done;
  clearTimeout(force);
}
