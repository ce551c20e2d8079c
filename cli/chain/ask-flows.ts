/** Asks many proxies at once which flows of a chain pass them. */
import { z } from "zod";
import { messageOf } from "../../core/model/weft-error.ts";
import { askJson, urlUnder } from "./ask-json.ts";

export interface FlowsOrder {
  readonly chain: string;
  /** Admin ports. */
  readonly proxyUrls: readonly string[];
  /** `address:port` of the client as first seen; every flow unless given. */
  readonly source: string | undefined;
}

const flowSchema = z.looseObject({
  source: z.string(),
  spi: z.number(),
  at: z.string(),
  function: z.string(),
  next: z.string().optional(),
  ageMs: z.number(),
  byteCount: z.number(),
});
const answerSchema = z.looseObject({
  pod: z.string().optional(),
  node: z.string().optional(),
  flows: z.array(flowSchema),
  hasMore: z.boolean(),
});

/** A flow as one proxy sees it. */
export interface SeenFlow extends z.infer<typeof flowSchema> {
  readonly pod: string;
  readonly node: string;
}

export interface FlowsAnswer {
  readonly seen: readonly SeenFlow[];
  /** Proxies that did not answer, and why. */
  readonly silent: readonly string[];
  /** Some proxy has more flows than it gives. */
  readonly hasMore: boolean;
}

const AT_A_TIME = 8;
const TIMEOUT_MS = 10_000;
/** What a proxy gives at most. */
const FLOWS_MAX = 1000;

/** @throws WeftError config-invalid for a URL that is none */
export async function askFlows(order: FlowsOrder): Promise<FlowsAnswer> {
  const urls = order.proxyUrls.map((base) => flowsUrl(base, order));
  const seen: SeenFlow[] = [];
  const silent: string[] = [];
  let hasMore = false;
  const askInTurn = async () => {
    for (let url = urls.pop(); url !== undefined; url = urls.pop()) {
      try {
        const { pod = url.host, node = "", ...answer } = await askProxy(url);
        hasMore ||= answer.hasMore;
        seen.push(...answer.flows.map((flow) => ({ ...flow, pod, node })));
      } catch (error) {
        silent.push(messageOf(error));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, askInTurn));
  return { seen, silent: silent.sort(), hasMore };
}

function askProxy(url: URL) {
  return askJson({ url, schema: answerSchema, timeoutMs: TIMEOUT_MS, who: "the proxy" });
}

function flowsUrl(base: string, { chain, source }: FlowsOrder): URL {
  const url = urlUnder(base, "v1/flows", "--proxy-url");
  url.searchParams.set("chain", chain);
  url.searchParams.set("limit", String(FLOWS_MAX));
  if (source !== undefined) url.searchParams.set("source", source);
  return url;
}
