/** An edge site's function: takes frames over HTTP/1.1 and answers when a worker has had them for as long as the work takes. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";
import { hostField, portField } from "../config-fields.ts";
import { Counters } from "../counters.ts";
import { listen } from "../listen.ts";
import { defineSample, type RunningSample } from "../sample.ts";
import { WorkerPool } from "./rules.ts";

const configSchema = z.strictObject({
  host: hostField,
  port: portField(8080),
  workers: z.int().min(1).max(1000).default(2).describe("Frames that are worked on at a time"),
  workMs: z.int().min(1).max(60_000).default(40).describe("How long a worker is busy with a frame"),
  queueMax: z.int().min(0).max(10_000).default(20).describe("Frames that wait for a worker; more are answered 503"),
  frameBytesMax: z.int().min(1).max(16_777_216).default(1_048_576).describe("Largest frame"),
  connectionsMax: z.int().min(1).default(10_000).describe("Connections at once"),
});
type EdgeConfig = z.output<typeof configSchema>;

export const edgeSample = defineSample({
  name: "edge",
  summary: "Edge site's function: takes frames, with so many workers and a bounded queue",
  configSchema,
  start: startEdge,
});

interface Frame {
  readonly bytes: number;
  readonly response: ServerResponse;
}

async function startEdge(config: EdgeConfig): Promise<RunningSample> {
  const counters = new Counters();
  const pool = new WorkerPool<Frame>(config);
  const timers = new Set<NodeJS.Timeout>();

  function work({ bytes, response }: Frame): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      counters.add("frames");
      reply(response, 200, { received: bytes });
      const next = pool.finish();
      if (next) work(next);
    }, config.workMs);
    timers.add(timer);
  }

  function admit(frame: Frame): void {
    const admission = pool.offer(frame);
    if (admission === "working") work(frame);
    if (admission !== "refused") return;
    counters.add("framesRefused");
    reply(frame.response, 503, { detail: `${config.queueMax} frames are waiting` });
  }

  const server = createServer((request, response) => {
    if (request.method !== "POST" || request.url !== "/frames") {
      request.resume();
      reply(response, 404, { detail: "there is POST /frames" });
    } else
      takeIn(request, config.frameBytesMax, (bytes) => {
        if (bytes <= config.frameBytesMax) admit({ bytes, response });
        else reply(response, 413, { detail: `a frame has at most ${config.frameBytesMax} bytes` });
      });
  });
  server.maxConnections = config.connectionsMax;
  const address = await listen(server, config);
  return {
    addresses: { http: address },
    statistics: () => ({ busy: pool.busy, waiting: pool.waiting, ...counters.all() }),
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      return stopServer(server);
    },
  };
}

/** Answers how long the body was, or of one that is too long what of it came. */
function takeIn(request: IncomingMessage, bytesMax: number, onTaken: (bytes: number) => void): void {
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= bytesMax) return;
    request.removeAllListeners("data").removeAllListeners("end").resume();
    onTaken(bytes);
  });
  request.once("end", () => onTaken(bytes));
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json", "content-length": text.length }).end(text);
}

function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
