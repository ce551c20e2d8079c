/** `weft chain ping`: has a proxy send probes along a chain's path, one after the other. */
import { z } from "zod";
import type { ProbeAnswer } from "../../mesh-proxy/probe/probe-protocol.ts";
import { askJson, urlUnder } from "./ask-json.ts";

export interface PingOrder {
  readonly chain: string;
  readonly proxyUrl: string;
  readonly count: number;
  readonly asksFunctions: boolean;
  readonly timeoutMs: number;
  readonly source: { readonly address: string; readonly port: number } | undefined;
}

const ms = z.number();
const asked = z.looseObject({ connectMs: ms.optional(), answerMs: ms.optional(), reason: z.string().optional() });
const hop = z.looseObject({
  pod: z.string(),
  node: z.string(),
  chain: z.string(),
  spi: z.number(),
  serviceIndex: z.number(),
  function: z.string().optional(),
  connectMs: ms,
  answerMs: ms,
  totalMs: ms,
  asked: asked.optional(),
});
const answerSchema = z.looseObject({
  chain: z.string(),
  spi: z.number().optional(),
  source: z.looseObject({ address: z.string(), port: z.number() }),
  hops: z.array(hop),
  isWhole: z.boolean(),
  reason: z.string().optional(),
});

/** Connecting along the path has limits of its own, hop by hop. */
const CONNECT_MS_MAX = 60_000;

/** @throws WeftError as `askJson`, config-invalid for a URL that is none */
export async function* ping({ proxyUrl, count, ...order }: PingOrder): AsyncGenerator<ProbeAnswer> {
  const url = urlUnder(proxyUrl, "v1/probes", "--proxy-url");
  const timeoutMs = order.timeoutMs + CONNECT_MS_MAX;
  for (let sent = 0; sent < count; sent++) {
    const answer = await askJson({ url, body: order, schema: answerSchema, timeoutMs, who: "the proxy" });
    yield { ...answer, spi: answer.spi };
  }
}
