/** How many flows the proxies have taken in on a chain's paths, by version and hop. */
import { invariant } from "../core/model/invariant.ts";
import type { RunningProxy } from "../mesh-proxy/start-proxy.ts";
import { parseExposition, type Sample } from "../platform/prometheus/parse-exposition.ts";

export interface PathFlows {
  /** Taken in at the path's first hop. */
  readonly entered: number;
  /** Those of them that have not ended. */
  readonly live: number;
  /** What later hops took in beyond those: flows that were dialled again on their way. */
  readonly redialled: number;
}

const opened = "istio_tcp_connections_opened_total";
const closed = "istio_tcp_connections_closed_total";

/** By SPI. At every hop the proxy that takes a flow in counts it once. */
export async function pathFlows(
  proxies: readonly RunningProxy[],
  chain: string,
): Promise<ReadonlyMap<number, PathFlows>> {
  const texts = await Promise.all(proxies.map((proxy) => proxy.metrics()));
  const samples = texts.flatMap(connectionSamples).filter(({ labels }) => labels.get("weft_chain") === chain);
  const bySpi = Map.groupBy(samples, ({ labels }) => Number(labels.get("weft_spi")));
  return new Map([...bySpi].map(([spi, ofPath]) => [spi, flowsOf(ofPath)]));
}

/** What was added from one count to the next; live is as of the later one. */
export function flowsSince(
  before: ReadonlyMap<number, PathFlows>,
  after: ReadonlyMap<number, PathFlows>,
): ReadonlyMap<number, PathFlows> {
  const added = [...after].map(([spi, { entered, live, redialled }]): readonly [number, PathFlows] => {
    const known = before.get(spi) ?? { entered: 0, redialled: 0 };
    return [spi, { entered: entered - known.entered, live, redialled: redialled - known.redialled }];
  });
  return new Map(added);
}

function connectionSamples(text: string): readonly Sample[] {
  const parsed = parseExposition(text, (name) => name === opened || name === closed);
  invariant(parsed.kind === "parsed", "a proxy's own metrics can be read");
  return parsed.samples.filter(({ labels }) => labels.get("reporter") === "destination");
}

function flowsOf(samples: readonly Sample[]): PathFlows {
  const byHop = Map.groupBy(samples, ({ labels }) => Number(labels.get("weft_hop")));
  const count = (hop: number, name: string) =>
    (byHop.get(hop) ?? []).reduce((sum, sample) => (sample.name === name ? sum + sample.value : sum), 0);
  const first = Math.max(...byHop.keys());
  const entered = count(first, opened);
  const redialled = [...byHop.keys()].reduce((sum, hop) => sum + Math.max(0, count(hop, opened) - entered), 0);
  return { entered, live: entered - count(first, closed), redialled };
}
