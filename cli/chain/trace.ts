/** `weft chain trace`: joins what the proxies of a chain say of their live flows into the way of each flow. */
import { z } from "zod";
import { messageOf } from "../../core/model/weft-error.ts";
import { askJson, urlUnder } from "./ask-json.ts";

export interface TraceOrder {
  readonly chain: string;
  /** Admin ports of the proxies that put traffic on the chain, and of those on its paths. */
  readonly proxyUrls: readonly string[];
  /** `address:port`; every flow unless given. */
  readonly source: string | undefined;
  readonly flowsMax: number;
}

const flowSchema = z.looseObject({
  source: z.string(),
  chain: z.string(),
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

export interface Trace {
  readonly flows: readonly TracedFlow[];
  /** Proxies that did not answer, and why: what passes them is not known. */
  readonly silent: readonly string[];
  /** Some proxy has more flows than it was asked for. */
  readonly hasMore: boolean;
}

export interface TracedFlow {
  /** `address:port` of the client as first seen. */
  readonly source: string;
  readonly spi: number;
  readonly ageMs: number;
  /** Moved at the first of its stops, both ways. */
  readonly byteCount: number;
  readonly stops: readonly TracedStop[];
  /** Whether its way is known from the classifier to the destination. */
  readonly isWhole: boolean;
}

export interface TracedStop {
  readonly pod: string;
  readonly node: string;
  /** `classifier`, or the service index. */
  readonly at: string;
  readonly function: string;
  readonly next: string | undefined;
}

interface Seen extends z.infer<typeof flowSchema> {
  readonly pod: string;
  readonly node: string;
}

const AT_A_TIME = 8;
const TIMEOUT_MS = 10_000;
/** What a proxy gives at most. */
const FLOWS_MAX = 1000;

/** Proxies that do not answer leave gaps. @throws WeftError config-invalid for a URL that is none */
export async function trace(order: TraceOrder): Promise<Trace> {
  const urls = order.proxyUrls.map((base) => flowsUrl(base, order));
  const seen: Seen[] = [];
  const silent: string[] = [];
  let hasMore = false;
  const askNext = async (): Promise<void> => {
    for (let url = urls.pop(); url !== undefined; url = urls.pop()) {
      try {
        const {
          pod = url.host,
          node = "",
          ...answer
        } = await askJson({
          url,
          schema: answerSchema,
          timeoutMs: TIMEOUT_MS,
          who: "the proxy",
        });
        hasMore ||= answer.hasMore;
        seen.push(...answer.flows.map((flow) => ({ ...flow, pod, node })));
      } catch (error) {
        silent.push(messageOf(error));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, askNext));
  const flows = joined(seen);
  return {
    flows: flows.slice(0, order.flowsMax),
    silent: silent.sort(),
    hasMore: hasMore || flows.length > order.flowsMax,
  };
}

/** By flow and path, oldest first; the stops of one in the order in which it passes them. */
function joined(seen: readonly Seen[]): readonly TracedFlow[] {
  const flows = [...Map.groupBy(seen, ({ source, spi }) => `${source} ${spi}`).values()].map(tracedFlow);
  return flows.sort((a, b) => b.ageMs - a.ageMs || (a.source < b.source ? -1 : 1));
}

function tracedFlow(seen: readonly Seen[]): TracedFlow {
  const stops = [...seen].sort((a, b) => rank(b) - rank(a));
  const [first, last] = [stops[0], stops.at(-1)];
  const isLinked = stops.every(({ next }, index) => next === stops[index + 1]?.pod);
  return {
    source: first?.source ?? "",
    spi: first?.spi ?? 0,
    ageMs: first?.ageMs ?? 0,
    byteCount: first?.byteCount ?? 0,
    stops: stops.map(({ pod, node, at, function: name, next }) => ({ pod, node, at, function: name, next })),
    isWhole: first?.at === "classifier" && last?.at === "0" && isLinked,
  };
}

function rank({ at }: Seen): number {
  return at === "classifier" ? Number.POSITIVE_INFINITY : Number(at);
}

function flowsUrl(base: string, { chain, source }: TraceOrder): URL {
  const url = urlUnder(base, "v1/flows", "--proxy-url");
  url.searchParams.set("chain", chain);
  url.searchParams.set("limit", String(FLOWS_MAX));
  if (source !== undefined) url.searchParams.set("source", source);
  return url;
}
