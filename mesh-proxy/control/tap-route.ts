/** `GET /v1/tap` of the admin port: shows requests, connections and UDP sessions as they end, a JSON object a line (see observe/access-line.ts). */
import type { FastifyReply } from "fastify";
import { z } from "zod";
import { WeftError } from "../../core/model/weft-error.ts";
import { requestInvalid } from "../../platform/http/http-error.ts";
import type { HttpServer } from "../../platform/http/http-server.ts";
import { parseWith } from "../../platform/schema/parse-with.ts";
import type { ProxyContext } from "../proxy-context.ts";

const name = z.string().min(1).max(512);

const querySchema = z.strictObject({
  method: z.string().min(1).max(32).optional(),
  path: z.string().min(1).max(2048).optional(),
  host: z.string().min(1).max(256).optional(),
  status: z
    .string()
    .regex(/^[1-5](\d\d|xx)$/, { error: "must be a status such as 404, or a class such as 5xx" })
    .optional(),
  source: name.optional(),
  destination: name.optional(),
  chain: name.optional(),
  count: z.coerce.number().int().min(1).max(100_000).default(1000),
  perSecond: z.coerce.number().int().min(1).max(1000).default(100),
  durationMs: z.coerce.number().int().min(1).max(3_600_000).default(60_000),
});

export function addTapRoute({ app }: HttpServer, { observer, clock }: ProxyContext): void {
  app.get("/v1/tap", (request, reply) => {
    const parsed = parseWith(querySchema, request.query);
    if (parsed.kind === "rejected") throw requestInvalid(parsed.field, parsed.reason);
    const { count, perSecond, durationMs, ...filter } = parsed.value;
    const response = reply.raw;
    const tap = observer.openTap({
      filter,
      countMax: count,
      perSecondMax: perSecond,
      durationMs,
      clock,
      write: (line) => response.write(line),
      onOver: () => response.end(),
    });
    if (tap === undefined) throw new WeftError("limit-reached", "too many taps at a time");
    beginStream(reply);
    response.on("drain", () => tap.drained());
    response.on("close", () => tap.end("stopped"));
  });
}

/** Whoever asks knows at once that it listens. */
function beginStream(reply: FastifyReply): void {
  reply.hijack();
  reply.raw.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
  reply.raw.flushHeaders();
}
