/** A collector that takes spans by OTLP/HTTP in JSON, and nothing that opentelemetry-proto (trace/v1, 1.5) does not know. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";

/** `fixed64` is text in JSON. */
const nanoseconds = z.string().regex(/^[1-9]\d{17,19}$/);
const attribute = z.strictObject({
  key: z.string().min(1),
  value: z.union([
    z.strictObject({ stringValue: z.string() }),
    z.strictObject({ boolValue: z.boolean() }),
    z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
    z.strictObject({ doubleValue: z.number() }),
  ]),
});
const attributes = z
  .array(attribute)
  .refine((list) => new Set(list.map(({ key }) => key)).size === list.length, { error: "keys must be unique" });

const spanSchema = z
  .strictObject({
    traceId: z.string().regex(/^(?!0+$)[0-9a-f]{32}$/),
    spanId: z.string().regex(/^(?!0+$)[0-9a-f]{16}$/),
    traceState: z.string().optional(),
    parentSpanId: z
      .string()
      .regex(/^(?!0+$)[0-9a-f]{16}$/)
      .optional(),
    flags: z.int().min(0).max(0xffff_ffff),
    name: z.string().min(1),
    kind: z.int().min(1).max(5),
    startTimeUnixNano: nanoseconds,
    endTimeUnixNano: nanoseconds,
    attributes,
    status: z.strictObject({ message: z.string().optional(), code: z.int().min(0).max(2).optional() }),
  })
  .refine(({ startTimeUnixNano, endTimeUnixNano }) => BigInt(endTimeUnixNano) >= BigInt(startTimeUnixNano), {
    error: "a span must not end before it starts",
  });

const requestSchema = z.strictObject({
  resourceSpans: z
    .array(
      z.strictObject({
        resource: z.strictObject({ attributes }),
        scopeSpans: z
          .array(
            z.strictObject({
              scope: z.strictObject({ name: z.string(), version: z.string().optional() }),
              spans: z.array(spanSchema).min(1),
            }),
          )
          .min(1),
      }),
    )
    .min(1),
});

export interface ReceivedSpan extends Omit<z.infer<typeof spanSchema>, "attributes"> {
  readonly attributes: Readonly<Record<string, string>>;
  /** Of the pod whose proxy sent it. */
  readonly resource: Readonly<Record<string, string>>;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** What was wrong with requests; the test is to find none. */
  readonly problems: string[];
  /** Statuses that the next requests are answered with before they are taken. */
  readonly refusals: { readonly status: number; readonly headers?: Readonly<Record<string, string>> }[];
  requestCount: number;
  close(): void;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const server = createServer((request, response) => void take(receiver, request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    problems: [],
    refusals: [],
    requestCount: 0,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
  return receiver;
}

async function take(receiver: OtlpReceiver, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  receiver.requestCount++;
  const refusal = receiver.refusals.shift();
  if (refusal !== undefined) {
    response.writeHead(refusal.status, refusal.headers).end();
    return;
  }
  const { method, url, headers } = request;
  const parsed = requestSchema.safeParse(JSON.parse(Buffer.concat(pieces).toString()));
  const isAddressed = method === "POST" && url === "/v1/traces" && headers["content-type"] === "application/json";
  if (!parsed.success || !isAddressed) {
    receiver.problems.push(parsed.success ? `${method} ${url}` : z.prettifyError(parsed.error));
    response.writeHead(400).end();
    return;
  }
  for (const { resource, scopeSpans } of parsed.data.resourceSpans) {
    for (const span of scopeSpans.flatMap(({ spans }) => spans))
      receiver.spans.push({ ...span, attributes: plain(span.attributes), resource: plain(resource.attributes) });
  }
  response.writeHead(200, { "content-type": "application/json" }).end('{"partialSuccess":{}}');
}

function plain(list: z.infer<typeof attributes>): Readonly<Record<string, string>> {
  return Object.fromEntries(list.map(({ key, value }) => [key, String(Object.values(value)[0])]));
}
