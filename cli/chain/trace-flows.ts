/** Joins what the proxies of a chain say of their live flows into the way of each flow. */
import type { FlowsAnswer, SeenFlow } from "./ask-flows.ts";

export interface Trace {
  readonly flows: readonly TracedFlow[];
  /** Proxies that did not answer, and why: what passes them is not known. */
  readonly silent: readonly string[];
  /** There are more flows than are shown. */
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

/** By flow and path, oldest first; the stops of one in the order in which it passes them. O(flows log flows). */
export function traceFlows({ seen, silent, hasMore }: FlowsAnswer, flowsMax: number): Trace {
  const flows = [...Map.groupBy(seen, ({ source, spi }) => `${source} ${spi}`).values()].map(tracedFlow);
  flows.sort((a, b) => b.ageMs - a.ageMs || (a.source < b.source ? -1 : 1));
  return { flows: flows.slice(0, flowsMax), silent, hasMore: hasMore || flows.length > flowsMax };
}

function tracedFlow(seen: readonly SeenFlow[]): TracedFlow {
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

function rank({ at }: SeenFlow): number {
  return at === "classifier" ? Number.MAX_SAFE_INTEGER : Number(at);
}
