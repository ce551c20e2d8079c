/** The data network: an HTTP/1.1 server with objects of any size and a sink. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { z } from "zod";
import { hostField, portField } from "../config-fields.ts";
import { Counters } from "../counters.ts";
import { listen } from "../listen.ts";
import { defineSample, type RunningSample } from "../sample.ts";
import { objectText, readRequest } from "./rules.ts";

const configSchema = z.strictObject({
  host: hostField,
  port: portField(8080),
  objectBytesMax: z.int().min(2).max(16_777_216).default(1_048_576).describe("Largest object"),
  sinkBytesMax: z.int().min(1).default(16_777_216).describe("Largest body the sink takes"),
  connectionsMax: z.int().min(1).default(10_000).describe("Connections at once"),
  idleTimeoutMs: z
    .int()
    .min(1000)
    .default(75_000)
    .describe("Silence between requests after which a connection is closed"),
});
type DnConfig = z.output<typeof configSchema>;

/** Objects kept ready; each is made again when needed. */
const cachedMax = 32;

export const dnSample = defineSample({
  name: "dn",
  summary: "Data network: HTTP/1.1 objects of any size and a sink",
  configSchema,
  start: startDn,
});

async function startDn(config: DnConfig): Promise<RunningSample> {
  const counters = new Counters();
  const objects = new Map<number, Buffer>();
  const server = createServer(
    { keepAliveTimeout: config.idleTimeoutMs, requestTimeout: 60_000 },
    (request, response) => {
      void answer(request, response, { config, counters, objects });
    },
  );
  server.maxConnections = config.connectionsMax;
  server.on("connection", () => counters.add("connections"));
  server.on("clientError", (_, socket) => {
    counters.add("malformedRequests");
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    else socket.destroy();
  });
  const address = await listen(server, config);
  return { addresses: { http: address }, statistics: () => counters.all(), stop: () => stopServer(server) };
}

interface DnState {
  readonly config: DnConfig;
  readonly counters: Counters;
  readonly objects: Map<number, Buffer>;
}

async function answer(request: IncomingMessage, response: ServerResponse, state: DnState): Promise<void> {
  const { config, counters } = state;
  const asked = readRequest(request.method ?? "", request.url ?? "", config.objectBytesMax);
  switch (asked.kind) {
    case "object": {
      const body = objectOf(state.objects, asked.bytes);
      counters.add("objects");
      counters.add("objectBytes", body.length);
      response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
      break;
    }
    case "sink":
      await takeIn(request, response, state);
      break;
    case "refused":
      counters.add("refused");
      request.resume();
      reply(response, asked.status, { detail: asked.detail }, asked.allow === undefined ? {} : { allow: asked.allow });
  }
}

function takeIn(request: IncomingMessage, response: ServerResponse, { config, counters }: DnState): Promise<void> {
  return new Promise((resolve) => {
    let received = 0;
    request.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received <= config.sinkBytesMax) return;
      counters.add("sinkTooLarge");
      reply(response, 413, { detail: `the sink takes ${config.sinkBytesMax} bytes` }, { connection: "close" });
      response.once("finish", () => request.destroy());
      request.removeAllListeners("data").pause();
    });
    request.once("end", () => {
      counters.add("sinkBytes", received);
      reply(response, 200, { received });
    });
    request.once("close", () => resolve());
  });
}

function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  response
    .writeHead(status, { "content-type": "application/json", "content-length": text.length, ...headers })
    .end(text);
}

function objectOf(objects: Map<number, Buffer>, bytes: number): Buffer {
  const cached = objects.get(bytes);
  if (cached) return cached;
  const made = Buffer.from(objectText(bytes));
  const [oldest] = objects.keys();
  if (objects.size >= cachedMax && oldest !== undefined) objects.delete(oldest);
  objects.set(bytes, made);
  return made;
}

function stopServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
